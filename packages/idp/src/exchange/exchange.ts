import { type RowInsert, StoreUnavailable, type UsedProof } from '@crossgrant/platform';
import {
  exchangeResponse,
  type FormParameters,
  newId,
  type PlainHeaders,
  type PlainResponse,
  type Refusal,
  refusalEntry,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import type { ExchangeDeps } from './deps.ts';
import { exchangeAudit, type Found } from './exchange-audit.ts';
import type { ExchangeStart } from './exchange-start.ts';
import { runPipeline } from './pipeline.ts';
import { proofUses, usedAssertion, withNonce } from './proof-uses.ts';
import { type ExchangeState, exchangeSteps } from './steps.ts';

export interface ExchangeCall {
  readonly headers: PlainHeaders;
  readonly form: FormParameters;
  readonly callerAddress: string;
}

/** How often a decision is made anew because rights changed while it was made. */
const evaluationsAtMost = 5;

/**
 * Answers token exchange requests whose form has been read.
 *
 * Every decision of a proven client, a denial too, is committed before it is answered, and only if the tenant is still at
 * the epoch of the state it was made from; otherwise the state is brought up to date and the request judged again.
 *
 * RFC 8693 §2, ID-JAG-04 §4.3.
 */
export function createExchange(deps: ExchangeDeps): (call: ExchangeCall) => Promise<PlainResponse> {
  const steps = exchangeSteps(deps);

  async function evaluate(start: ExchangeStart): Promise<PlainResponse | 'stale'> {
    const run = await runPipeline(steps, start);
    if (!run.ok && run.state.client === undefined) return refuseStranger(start, run.refusal, deps); // LES-84
    const reusedGrant = run.state.token?.reusedGrant;
    if (!run.ok && reusedGrant !== undefined) return endFamily(reusedGrant, start, run, deps); // RTK-03
    const outcome = await deps.database.commits.commit({
      scope: deps.tenantId,
      expectedEpoch: start.live.epoch,
      singleUse: proofUses(deps.tenantId, run.state), // DPO-01, CAU-03
      inserts: run.ok ? [issuanceRow(deps.tenantId, run.state)] : [],
      audit: exchangeAudit(deps.tenantId, run.state, run.ok ? undefined : run.refusal), // ADM-04
    });
    if (outcome === 'proof-used' || outcome === 'assertion-used') return usedResponse(outcome, start, run.state, deps);
    if (outcome !== 'committed') return 'stale';
    return run.ok ? grantedResponse(run.state) : refusedResponse(run.state, run.refusal, deps);
  }

  return async ({ headers, form, callerAddress }) => {
    const id = newId('aud', deps.clock());
    let live = deps.liveState.current();
    for (let evaluation = 1; evaluation <= evaluationsAtMost; evaluation += 1) {
      const answer = await evaluate({
        id,
        headers,
        form,
        callerAddress,
        live,
        nowMs: deps.clock(),
        isFirst: evaluation === 1,
      });
      if (answer !== 'stale') return withNonce(answer, deps);
      live = await deps.liveState.refresh(); // ADM-02
    }
    throw new StoreUnavailable('rights changed faster than an exchange could be decided');
  };
}

/** Whoever shows a token that was rotated away proves that it is in two hands: the whole family ends, on record. */
async function endFamily(
  grantId: string,
  start: ExchangeStart,
  { state, refusal }: { readonly state: Found; readonly refusal: Refusal },
  deps: ExchangeDeps,
): Promise<PlainResponse> {
  const outcome = await deps.refreshTokens.endFamily(grantId, {
    proofs: proofUses(deps.tenantId, state), // DPO-01, CAU-03
    audit: exchangeAudit(deps.tenantId, state, refusal),
  });
  return outcome === 'committed' ? refusedResponse(state, refusal, deps) : usedResponse(outcome, start, state, deps);
}

/** Whoever replays an assertion is told no more than a stranger is. */
function usedResponse(used: UsedProof, start: ExchangeStart, state: Found, deps: ExchangeDeps): PlainResponse {
  if (used === 'assertion-used') return refusedResponse(start, usedAssertion, deps); // CAU-03
  return refusedResponse(state, refuse('dpop/replayed').refusal, deps); // DPO-01, ATK-35
}

/** Refusals of callers that proved nothing are counted: a row for each would let anybody fill the disk. */
function refuseStranger(start: ExchangeStart, refusal: Refusal, deps: ExchangeDeps): PlainResponse {
  deps.anonymous.count({ scope: deps.tenantId, kind: 'exchange', code: refusal.code, address: start.callerAddress });
  return refusedResponse(start, refusal, deps);
}

function grantedResponse({ signed, allowed }: ExchangeState): PlainResponse {
  return exchangeResponse({
    idJag: signed.idJag,
    scope: allowed.scopes,
    resources: allowed.resources,
    expiresIn: signed.expiresAt - signed.issuedAt, // TEX-21
  });
}

/** RFC 6749 §5.2: a client that tried the Authorization header is answered in kind. */
function refusedResponse({ id, headers }: Found, refusal: Refusal, { explainUrl }: ExchangeDeps): PlainResponse {
  const isBasic = refusalEntry(refusal.code).error === 'invalid_client' && headers.get('authorization') !== undefined;
  const response = refusalResponse(refusal, {
    id,
    explainUrl,
    wwwAuthenticate: isBasic ? 'Basic realm="token endpoint", charset="UTF-8"' : undefined,
  });
  const waitSeconds = refusal.detail?.waitSeconds;
  if (typeof waitSeconds !== 'number') return response;
  return { ...response, headers: { ...response.headers, 'retry-after': String(waitSeconds) } }; // TEX-28
}

/** That an ID-JAG was issued; never the ID-JAG. */
function issuanceRow(
  tenantId: string,
  { id, permit, allowed, connection, resourceApp, subject, signed, live }: ExchangeState,
): RowInsert {
  return {
    table: 'issuances',
    row: {
      jti: signed.jti,
      tenant_id: tenantId,
      decision_id: id,
      user_id: permit.person.id,
      client_app_id: permit.client.id,
      resource_app_id: resourceApp.id,
      connection_id: connection.id,
      audience: resourceApp.issuer,
      subject,
      resource_client_id: connection.resourceClientId,
      resources: JSON.stringify(allowed.resources),
      scopes: JSON.stringify(allowed.scopes),
      sid: permit.session.sid,
      auth_time_seconds: permit.authTime,
      issued_at: signed.issuedAt * 1000,
      expires_at: signed.expiresAt * 1000,
      version: live.epoch,
    },
  };
}
