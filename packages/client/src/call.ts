import { normalizeResource, union } from '@crossgrant/protocol';
import { type AccessRequest, forgetToken, obtainAccessToken } from './access-token.ts';
import type { ClientDeps } from './deps.ts';
import { isKnownTarget } from './discovery/discover.ts';
import { proofKeyOf } from './dpop.ts';
import { CrossgrantError } from './errors.ts';
import { loadSession } from './identity.ts';
import { type AccessToken, memoryOf, type SessionMemory } from './memory.ts';
import { newBudget } from './recovery-budget.ts';
import type { RecoveryOptions } from './recovery-options.ts';
import { callDetail, type ResourceChallenge, readChallenge, stepUpFrom } from './resource-challenge.ts';
import { type Authorization, checkCall, isReplayable, sendOnce } from './resource-request.ts';
import { requireSessionId } from './sessions.ts';
import { signOnAgain, stepUpDemand } from './sign-on-again.ts';

export interface CallOptions extends RecoveryOptions {
  /** The resource the address belongs to, when it is not the address itself. */
  readonly resource?: string;
  readonly scopes?: readonly string[];
}

/** What one call may still do. `widenings` counts answers to `insufficient_scope`. */
interface CallState {
  token: AccessToken | undefined;
  renewals: number;
  widenings: number;
  stepUps: number;
}

/**
 * Calls a protected resource for a person: attaches the access token, and follows the error table when the resource
 * refuses it. Other answers are handed back as they are.
 *
 * RFC 6750 §2.1, §3.1; RFC 9470 §4; MCP 2026-07-28 authorization.
 */
export async function callResource(
  deps: ClientDeps,
  sessionId: string,
  url: string,
  init: RequestInit,
  options: CallOptions,
): Promise<Response> {
  const resource = checkCall(deps, url, init, options);
  const request: AccessRequest = { ...options, session: requireSessionId(sessionId), resource };
  const memory = memoryOf(deps.memory, request.session);
  const state: CallState = { token: await firstToken(deps, request, init), renewals: 1, widenings: 2, stepUps: 1 };

  for (;;) {
    if (memory.dropped) throw new CrossgrantError('signed_out', 'call'); // CLI-09, ATK-64
    const response = await sendOnce(deps, url, init, await authorizationOf(deps, memory, request, state.token));
    if (!isReplayable(init)) return response;
    const proceed = await answerRefusal(deps, {
      request,
      memory,
      url,
      response,
      challenge: readChallenge(response),
      state,
    });
    if (!proceed) return response;
    await response.body?.cancel();
  }
}

/**
 * The first request to an unknown resource goes out without a token, as its challenge names the least scope it needs.
 * A body that can be sent only once is not wasted on that.
 */
async function firstToken(
  deps: ClientDeps,
  request: AccessRequest,
  init: RequestInit,
): Promise<AccessToken | undefined> {
  if (isReplayable(init) && !isKnownTarget(deps, request.resource)) return undefined;
  return obtainAccessToken(deps, request);
}

async function authorizationOf(
  deps: ClientDeps,
  memory: SessionMemory,
  request: AccessRequest,
  token: AccessToken | undefined,
): Promise<Authorization | undefined> {
  if (token === undefined) return undefined;
  const isBound = token.tokenType === 'DPoP';
  return { token, key: isBound ? await proofKeyOf(deps, memory, request.session) : undefined };
}

/** An answer of the resource, with what it asks for. */
interface Refused {
  readonly request: AccessRequest;
  readonly memory: SessionMemory;
  readonly url: string;
  readonly response: Response;
  readonly challenge: ResourceChallenge;
  readonly state: CallState;
}

/** Follows the error table; true means that `state` holds what the next request needs. */
async function answerRefusal(deps: ClientDeps, refused: Refused): Promise<boolean> {
  const { status } = refused.response;
  const { error } = refused.challenge;
  if (status === 403 && error === 'insufficient_scope') return widen(deps, refused); // CLI-07, MCP-12
  if (status === 401 && error === 'insufficient_user_authentication') return stepUp(deps, refused); // CLI-07
  return status === 401 ? renew(deps, refused) : false;
}

async function renew(deps: ClientDeps, refused: Refused): Promise<boolean> {
  const { request, challenge, state } = refused;
  if (state.token !== undefined) {
    forgetToken(deps, request.session, state.token.value); // CLI-07
    if (state.renewals === 0) throw failureOf(refused, 'token_rejected'); // CLI-07
    state.renewals -= 1;
  }
  state.token = await obtainAccessToken(deps, request, challenge);
  return true;
}

/** Asks for what the token had and what the challenge names, so that two tools do not take turns. */
async function widen(deps: ClientDeps, refused: Refused): Promise<boolean> {
  const { request, challenge, state } = refused;
  const { token } = state;
  if (token === undefined || challenge.scopes === undefined) throw failureOf(refused, 'insufficient_scope');
  if (state.widenings === 0) throw failureOf(refused, 'insufficient_scope'); // CLI-07, MCP-12
  state.widenings -= 1;
  const { neededScopes } = refused.memory;
  const key = normalizeResource(token.resource);
  const had = union(token.askedScopes ?? token.scopes ?? [], neededScopes.get(key) ?? []);
  neededScopes.set(key, union(had, challenge.scopes)); // MCP-12, CLI-07
  state.token = await obtainAccessToken(deps, request);
  return true;
}

async function stepUp(deps: ClientDeps, refused: Refused): Promise<boolean> {
  const { request, challenge, state } = refused;
  const { acrValues, maxAge } = challenge;
  const failure = stepUpFrom(challenge, refused.url, refused.response);
  if (state.stepUps === 0) throw failure; // ATK-62
  state.stepUps -= 1;
  const attempt = { session: await loadSession(deps, request.session, refused.memory), scopes: request.scopes };
  const demand = stepUpDemand(request.session, { acrValues, maxAge });
  await signOnAgain(deps, request, newBudget(), attempt, failure, demand);
  if (state.token !== undefined) forgetToken(deps, request.session, state.token.value);
  state.token = await obtainAccessToken(deps, request, challenge);
  return true;
}

function failureOf(refused: Refused, code: 'token_rejected' | 'insufficient_scope'): CrossgrantError {
  return new CrossgrantError(code, 'call', callDetail(refused.url, refused.response));
}
