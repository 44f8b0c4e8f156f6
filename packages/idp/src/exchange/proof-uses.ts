import { assertionUse, type ScopedProofUse } from '@crossgrant/platform';
import { type PlainResponse, type Refusal, refuse, toSeconds } from '@crossgrant/protocol';
import { dpopProofKind } from '@crossgrant/protocol/jws';
import type { ExchangeDeps } from './deps.ts';
import { exchangeAudit, type Found } from './exchange-audit.ts';

/** What the request uses up, whether it was granted or refused: it has shown its proof either way. */
export function proofUses(tenantId: string, found: Found): readonly ScopedProofUse[] {
  const { proof, clientAssertion } = found;
  const uses: ScopedProofUse[] = [];
  if (clientAssertion !== undefined) {
    const audit = exchangeAudit(tenantId, provenOnly(found), usedAssertion);
    uses.push({ ...assertionUse(clientAssertion, audit), scope: tenantId }); // CAU-03
  }
  if (proof !== undefined) {
    const { useKey: key, keepUntil } = proof;
    const nothing = { decision: undefined, allowed: undefined, signed: undefined };
    const audit = exchangeAudit(tenantId, { ...found, ...nothing }, refuse('dpop/replayed').refusal);
    uses.push({ kind: dpopProofKind, scope: tenantId, key, keepUntil, whenUsed: { outcome: 'proof-used', audit } }); // DPO-01, ATK-35
  }
  return uses;
}

export const usedAssertion: Refusal = refuse('client/assertion-replayed').refusal;

/** Whoever replays an assertion has shown nothing else: the row names the client alone. */
function provenOnly({ id, headers, form, callerAddress, live, nowMs, isFirst, client }: Found): Found {
  return { id, headers, form, callerAddress, live, nowMs, isFirst, client };
}

/** Every answer brings the nonce for the next request, where nonces are asked for. RFC 9449 §8.2. */
export function withNonce(answer: PlainResponse, { proofs, clock }: ExchangeDeps): PlainResponse {
  if (proofs.nonces === undefined) return answer;
  const nonce = proofs.nonces.current(toSeconds(clock()));
  return { ...answer, headers: { 'dpop-nonce': nonce, ...answer.headers } };
}
