import type { AuditEntry } from '@crossgrant/platform';
import {
  type Clock,
  isFormMediaType,
  newId,
  ok,
  type PlainRequest,
  type PlainResponse,
  parseForm,
  type Refusal,
  type Result,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import type { VerificationKey } from '@crossgrant/protocol/jws';
import type { RefusalCounter } from '../audit/refusal-counter.ts';
import type { ResourceClient, ResourceDirectory } from '../directory/resource-directory.ts';
import { findIssuedToken } from '../introspection/find-active-token.ts';
import { authenticateClient } from '../redemption/steps/authenticate-client.ts';
import type { IssuedToken, ResourceStore } from '../store/resource-store.ts';

export interface RevokeDeps {
  readonly issuer: string;
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly auditScope: string;
  readonly refusals: RefusalCounter;
  readonly explainUrl?: string;
  directory(): ResourceDirectory;
  verificationKeys(): readonly VerificationKey[];
}

/**
 * Ends a token of the client that asks. Unknown, foreign and ended tokens are all answered 200, so the answer tells nobody
 * what exists.
 *
 * RFC 7009 §2.
 */
export async function revoke(request: PlainRequest, deps: RevokeDeps): Promise<PlainResponse> {
  const id = newId('aud', deps.clock());
  const asked = readRevocation(request, deps.directory());
  if (!asked.ok) return answerRefusal(id, request, asked.refusal, deps);

  const { client, text } = asked.value;
  const token = await findIssuedToken(text, { ...deps, verificationKeys: deps.verificationKeys() });
  if (token?.clientId === client.clientId) {
    const entry = revokedEntry(id, token, deps);
    await deps.store.revokeIssuedToken(token.tokenId, client.clientId, deps.clock(), entry); // REV-01
  }
  return { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' }, body: '' };
}

function readRevocation(
  request: PlainRequest,
  directory: ResourceDirectory,
): Result<{ client: ResourceClient; text: string }> {
  if (request.method !== 'POST') return refuse('request/method');
  const mediaType = isFormMediaType(request.headers);
  if (!mediaType.ok) return mediaType;
  const form = parseForm(request.body);
  if (!form.ok) return form;

  const authenticated = authenticateClient({ request, form: form.value }, { directory });
  if (!authenticated.ok) return authenticated; // REV-01
  const { client } = authenticated.value;
  if (client.verifySecret === undefined) return refuse('client/public', { clientId: client.clientId });
  const text = form.value.get('token');
  return text === undefined ? refuse('request/missing-parameter', { name: 'token' }) : ok({ client, text });
}

function revokedEntry(id: string, token: IssuedToken, deps: RevokeDeps): AuditEntry {
  return {
    id,
    scope: deps.auditScope,
    at: deps.clock(),
    kind: 'change',
    outcome: 'done',
    code: 'token/revoked',
    client: token.clientId,
    resource: token.audience,
    jti: token.grantJti,
    facts: { tokenId: token.tokenId, customer: token.customerId },
    personal: { person: token.accountId },
  };
}

function answerRefusal(id: string, request: PlainRequest, refusal: Refusal, deps: RevokeDeps): PlainResponse {
  deps.refusals.count(request.remoteAddress, refusal.code);
  const usedHeader = request.headers.get('authorization') !== undefined && refusal.code.startsWith('client/');
  return refusalResponse(refusal, {
    id,
    explainUrl: deps.explainUrl,
    wwwAuthenticate: usedHeader ? 'Basic realm="revocation"' : undefined,
  });
}
