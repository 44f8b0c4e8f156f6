import type { RefusalCounter } from '@crossgrant/platform';
import type { PlainRequest, PlainResponse } from '@crossgrant/protocol';
import { createRateLimiter } from '../../exchange/rate-limit.ts';
import type { AdminDeps } from '../commands/change-object.ts';
import type { Admin } from '../domain/admin.ts';
import { authenticateAdmin } from '../queries/tokens.ts';
import { problemResponse } from './problem-response.ts';

export type Authenticate = (request: PlainRequest, id: string) => Promise<Admin | PlainResponse>;

/** Failures per minute and address that are answered as such; beyond them the answer is 429, for failures alone. */
const mostFailures = 30;

/**
 * Who a request comes from. A browser page of another origin is turned away whatever it carries, and the one credential is
 * an admin token in `Authorization`: there is no cookie that a page could make a browser send.
 */
export function createAuthenticator(deps: AdminDeps, origin: () => string, anonymous: RefusalCounter): Authenticate {
  const failures = createRateLimiter(mostFailures);
  return async (request, id) => {
    const origins = request.headers.all('origin');
    if (origins.length > 1 || (origins.length === 1 && origins[0] !== origin()))
      return problemResponse({ code: 'admin/origin' }, id); // LES-68, LES-70
    const token = readBearer(request);
    const admin = token && (await authenticateAdmin(deps.database, deps.tenantId, token, deps.clock()));
    if (admin) return admin;
    anonymous.count({
      scope: deps.tenantId,
      kind: 'client_authentication',
      code: 'admin/unauthenticated',
      address: request.remoteAddress,
    }); // LES-84
    const wait = failures(request.remoteAddress, deps.clock());
    if (wait > 0) return problemResponse({ code: 'admin/too-many-failures' }, id, { 'retry-after': String(wait) });
    return problemResponse({ code: 'admin/unauthenticated' }, id, { 'www-authenticate': 'Bearer realm="admin"' });
  };
}

function readBearer({ headers }: PlainRequest): string | undefined {
  const sent = headers.all('authorization');
  return sent.length === 1 ? /^Bearer ([A-Za-z0-9_-]{1,100})$/i.exec(sent[0] ?? '')?.[1] : undefined;
}
