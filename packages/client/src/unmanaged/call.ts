import { normalizeResource, union } from '@crossgrant/protocol';
import { CrossgrantError } from '../errors.ts';
import { singleFlight } from '../memory.ts';
import { callDetail, type ResourceChallenge, readChallenge } from '../resource-challenge.ts';
import { type Authorization, checkCall, isReplayable, sendOnce } from '../resource-request.ts';
import type { KnownResource, UnmanagedDeps, UnmanagedToken } from './deps.ts';
import { obtainToken } from './obtain.ts';

/** How often one call may get a new token, and a token for more scope. */
interface Budget {
  renewals: number;
  widenings: number;
}

/**
 * Calls a resource, first without a token where none is known, as its challenge says what it needs.
 *
 * RFC 6750 §3.1, MCP 2026-07-28 authorization.
 */
export async function callUnmanaged(
  deps: UnmanagedDeps,
  url: string,
  init: RequestInit,
  options: { readonly resource?: string },
): Promise<Response> {
  const resource = checkCall(deps, url, init, options);
  const known = knownOf(deps, resource);
  const budget: Budget = { renewals: 1, widenings: 2 };
  const replace = (refused: UnmanagedToken | undefined, challenge?: ResourceChallenge): Promise<void> => {
    const key = JSON.stringify([normalizeResource(resource), known.needed]);
    return singleFlight(deps.flights, key, () => replaceToken(deps, resource, known, refused, challenge));
  };
  if (known.token !== undefined && known.token.renewAt <= deps.clock()) await replace(known.token); // CLI-06
  for (;;) {
    const { token } = known;
    const response = await sendOnce(deps, url, init, await authorizationOf(deps, token));
    if (!isReplayable(init)) return response;
    const challenge = readChallenge(response);
    if (!mayProceed(known, budget, token, url, response, challenge)) return response;
    await response.body?.cancel();
    await replace(token, challenge);
  }
}

/** Follows the challenge: true means that another token may help. */
function mayProceed(
  known: KnownResource,
  budget: Budget,
  token: UnmanagedToken | undefined,
  url: string,
  response: Response,
  challenge: ResourceChallenge,
): boolean {
  if (response.status === 401) {
    if (token !== undefined && budget.renewals === 0) throw failure('token_rejected', url, response); // CLI-07
    if (token !== undefined) budget.renewals -= 1;
    return true;
  }
  if (response.status !== 403 || challenge.error !== 'insufficient_scope') return false;
  if (token === undefined || challenge.scopes === undefined || budget.widenings === 0)
    throw failure('insufficient_scope', url, response); // CLI-07, MCP-12
  budget.widenings -= 1;
  known.needed = union(union(token.askedScopes ?? [], known.needed), challenge.scopes); // MCP-12
  return true;
}

/** Somebody else may have got another token since the refused one was sent. */
async function replaceToken(
  deps: UnmanagedDeps,
  resource: string,
  known: KnownResource,
  refused: UnmanagedToken | undefined,
  challenge: ResourceChallenge | undefined,
): Promise<void> {
  if (known.token !== undefined && known.token !== refused) return;
  known.token = await obtainToken(deps, resource, known, challenge);
}

function knownOf(deps: UnmanagedDeps, resource: string): KnownResource {
  const name = normalizeResource(resource);
  const known = deps.known.get(name) ?? { token: undefined, needed: [] };
  deps.known.set(name, known);
  return known;
}

async function authorizationOf(
  deps: UnmanagedDeps,
  token: UnmanagedToken | undefined,
): Promise<Authorization | undefined> {
  return token === undefined ? undefined : { token, key: token.tokenType === 'DPoP' ? await deps.key : undefined };
}

function failure(code: 'token_rejected' | 'insufficient_scope', url: string, response: Response): CrossgrantError {
  return new CrossgrantError(code, 'call', callDetail(url, response));
}
