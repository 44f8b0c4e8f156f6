import { StoreUnavailable } from '@crossgrant/platform';
import {
  jsonResponse,
  newId,
  type PlainRequest,
  type PlainResponse,
  type Refusal,
  refusalEntry,
  refusalResponse,
  refuse,
  toSeconds,
} from '@crossgrant/protocol';
import type { RefusalCounter } from '../audit/refusal-counter.ts';
import type { ResourceDirectory } from '../directory/resource-directory.ts';
import { allowedEntry, type KnownSoFar, refusedEntry } from './audit-redemption.ts';
import { type PreparedToken, prepareToken } from './build-token.ts';
import type { Redeemable, RedemptionContext } from './context.ts';
import { proofUses, usedProofRefusal } from './proof-uses.ts';
import { redemptionSteps } from './redemption-steps.ts';
import { runSteps, type Trace } from './step.ts';

export interface RedeemDeps extends Omit<RedemptionContext, 'directory'> {
  /** The name of this server in audit rows. */
  readonly auditScope: string;
  readonly explainUrl?: string;
  readonly refusals: RefusalCounter;
  readonly trace?: Trace;
  directory(): ResourceDirectory;
  refreshDirectory(): Promise<void>;
}

/** How often a decision is made anew because rights changed while it was made. */
const evaluationsAtMost = 5;

/**
 * Answers one redemption request.
 *
 * The decision is committed together with the replay record and the token's row, and only if the store is still at the
 * epoch of the directory it was made with; otherwise everything is read and judged again. The token leaves after its row
 * is durable.
 *
 * ID-JAG-04 §4.4, RFC 7523 §3.
 */
export async function redeem(request: PlainRequest, deps: RedeemDeps): Promise<PlainResponse> {
  const id = newId('aud', deps.clock());

  for (let evaluation = 1; evaluation <= evaluationsAtMost; evaluation++) {
    const now = deps.clock();
    const start: KnownSoFar = { request, now, nowSeconds: toSeconds(now) };
    const context: RedemptionContext = { ...deps, directory: deps.directory(), signingKey: deps.signingKey };
    const known = await runSteps(redemptionSteps, start, context, deps.trace);
    if (!known.ok) return answerRefusal(id, start, known.refusal, deps);

    const outcome = await commit(id, known.value, context, deps);
    if (!outcome.ok) return outcome.response;
    if (outcome.value !== 'stale') return withNonce(tokenResponse(known.value, outcome.value), deps);
    await deps.refreshDirectory();
  }
  throw new StoreUnavailable('rights changed faster than a redemption could be decided');
}

type Committed =
  | { readonly ok: true; readonly value: PreparedToken | 'stale' }
  | { readonly ok: false; readonly response: PlainResponse };

/** Replay record, proofs, token row and audit row in one commit: all of them, or none. ID-JAG-04 §4.4.4. */
async function commit(id: string, known: Redeemable, context: RedemptionContext, deps: RedeemDeps): Promise<Committed> {
  const token = prepareToken(known, context);
  const proofs = proofUses(id, deps.auditScope, known);
  const { refusal } = refuse('assertion/replayed');
  const outcome = await context.store.commitRedemption({
    epoch: context.directory.epoch,
    replay: token.replay, // RED-26, ATK-10
    proofs, // CAU-03, DPO-03, DPO-05
    token: token.row, // RED-31
    audit: allowedEntry(id, deps.auditScope, known, token),
    auditWhenReplayed: proofs.length > 0 ? undefined : refusedEntry(id, deps.auditScope, known, refusal),
  });
  if (outcome === 'stale') return { ok: true, value: 'stale' };
  if (outcome === 'replayed' && proofs.length > 0)
    return { ok: false, response: await refuseProven(id, known, refusal, deps) }; // CAU-03, DPO-03
  if (outcome === 'replayed') return { ok: false, response: respond(id, known, refusal, deps) }; // RED-26, ATK-10, ATK-11
  if (outcome !== 'committed') return { ok: false, response: respond(id, known, usedProofRefusal(outcome), deps) }; // CAU-03, DPO-03, DPO-05
  return { ok: true, value: token };
}

/**
 * A proven client's refusal is one audit row. Refusals of strangers are only counted: a row for each would let anybody
 * fill the disk.
 */
async function answerRefusal(
  id: string,
  known: KnownSoFar,
  refusal: Refusal,
  deps: RedeemDeps,
): Promise<PlainResponse> {
  if (known.client !== undefined) return refuseProven(id, known, refusal, deps);
  deps.refusals.count(known.request.remoteAddress, refusal.code); // LES-84
  return respond(id, known, refusal, deps);
}

/** Writes the row, and uses up the proofs: a refused request has shown them as much as a granted one. */
async function refuseProven(id: string, known: KnownSoFar, refusal: Refusal, deps: RedeemDeps): Promise<PlainResponse> {
  const entry = refusedEntry(id, deps.auditScope, known, refusal);
  const proofs = proofUses(id, deps.auditScope, known);
  if (proofs.length === 0) {
    await deps.store.appendAudit(entry); // RED-32, ADM-04
    return respond(id, known, refusal, deps);
  }
  const outcome = await deps.store.commitProofs(proofs, entry); // CAU-03, DPO-03, DPO-05
  return respond(id, known, outcome === 'committed' ? refusal : usedProofRefusal(outcome), deps);
}

function respond(id: string, known: KnownSoFar, refusal: Refusal, deps: RedeemDeps): PlainResponse {
  const { explainUrl } = deps;
  return withNonce(refusalResponse(refusal, { id, explainUrl, wwwAuthenticate: challengeFor(known, refusal) }), deps);
}

/** Every answer brings the nonce for the next request, where nonces are asked for. RFC 9449 §8.2. */
function withNonce(answer: PlainResponse, { proofs: { nonces }, clock }: RedeemDeps): PlainResponse {
  if (nonces === undefined) return answer;
  return { ...answer, headers: { 'dpop-nonce': nonces.current(toSeconds(clock())), ...answer.headers } };
}

/** RFC 6749 §5.2: a client that tried the Authorization header is answered in kind. */
function challengeFor({ request }: KnownSoFar, refusal: Refusal): string | undefined {
  if (refusalEntry(refusal.code).error !== 'invalid_client') return undefined;
  return request.headers.get('authorization') === undefined
    ? undefined
    : 'Basic realm="token endpoint", charset="UTF-8"';
}

/**
 * What was granted, to the letter. There is no refresh token: the renewal path is a new ID-JAG, so that the enterprise
 * decides again.
 *
 * RFC 6749 §5.1, ID-JAG-04 §4.4.1, §4.4.4.
 */
function tokenResponse(known: Redeemable, token: PreparedToken): PlainResponse {
  return jsonResponse(200, {
    access_token: token.text, // RED-27
    token_type: known.proof === undefined ? 'Bearer' : 'DPoP', // RED-27, DPO-09
    expires_in: known.lifetimeSeconds, // RED-27
    scope: token.row.scope, // RED-27
    resource: token.row.audience, // RED-27
  });
}
