import type { IncomingMessage } from 'node:http';
import type { CoreSchema } from '@crossgrant/platform';
import {
  algorithmNames,
  dpopAlgorithms,
  dpopTarget,
  newId,
  newJti,
  type PlainResponse,
  plainHeaders,
  type Refusal,
  refusalEntry,
  refusalResponse,
  refuse,
  toSeconds,
} from '@crossgrant/protocol';
import { type DpopProof, dpopProofKind } from '@crossgrant/protocol/jws';
import type { Kysely } from 'kysely';
import { InvalidDpopProof } from 'oidc-provider/lib/helpers/errors.js';
import { get as instance } from 'oidc-provider/lib/helpers/weak_cache.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import { queries } from '../store/identity-database.ts';
import type { SignOnDeps } from './deps.ts';
import { headerPairs, proofOf } from './request-edge.ts';
import { recordUnproven } from './unproven.ts';

/** The proof that a request carries, or the answer that refuses it. */
export type Possession =
  | { readonly ok: true; readonly proof: DpopProof | undefined }
  | { readonly ok: false; readonly response: PlainResponse };

export interface PossessionRequest {
  readonly request: IncomingMessage;
  readonly path: '/token' | '/userinfo';
  readonly address: string;
  readonly clientId?: string;
  readonly isRequired?: boolean;
}

/**
 * Verifies the proof of possession by the same strict reading as our own grants, before oidc-provider sees the request.
 * What it binds, and which tokens need a proof, is then its part.
 *
 * RFC 9449 §4.3, §5, §7.
 */
export async function judgePossession(deps: SignOnDeps, asked: PossessionRequest): Promise<Possession> {
  const { request, path } = asked;
  const headers = plainHeaders(headerPairs(request.rawHeaders));
  const target = dpopTarget(`${deps.issuer.replace(/\/$/, '')}${path}`) ?? '';
  const [, accessToken] = /^dpop (\S+)$/i.exec(path === '/userinfo' ? (headers.get('authorization') ?? '') : '') ?? [];
  const nowSeconds = toSeconds(deps.clock());
  const { verify, nonces } = deps.proofs;
  const proof = verify(headers, { method: request.method ?? '', target, accessToken, nowSeconds, nonces });
  if (!proof.ok) return refusePossession(deps, asked, proof.refusal); // DPO-01
  if (proof.value === undefined && asked.isRequired === true)
    return refusePossession(deps, asked, refuse('dpop/missing').refusal); // DPO-11
  return { ok: true, proof: proof.value };
}

async function refusePossession(
  deps: SignOnDeps,
  { path, address, clientId: client }: PossessionRequest,
  refusal: Refusal,
): Promise<Possession> {
  const id = newId('aud', deps.clock());
  await recordUnproven(deps, { id, kind: 'client_authentication', code: refusal.code, client, address });
  if (path === '/token') return { ok: false, response: refusalResponse(refusal, { id, explainUrl: deps.explainUrl }) };
  const code = refusal.code === 'dpop/nonce' ? 'bearer/proof-nonce' : 'bearer/proof';
  const wwwAuthenticate = `DPoP error="${refusalEntry(code).error}", algs="${algorithmNames(dpopAlgorithms).join(' ')}"`;
  return { ok: false, response: refusalResponse({ ...refusal, code }, { id, wwwAuthenticate }) };
}

/** Gives oidc-provider our nonces, and one statement in place of its look and later write. RFC 9449 §8, §11.1. */
export function overridePossession(provider: Provider, deps: SignOnDeps): void {
  const { nonces } = deps.proofs;
  const now = (): number => toSeconds(deps.clock());
  instance(provider).DPoPNonces = {
    nextChallenge: () => (nonces === undefined ? proofOf(Provider.ctx?.req)?.nonce : nonces.current(now())),
    checkChallenge: (nonce) => nonces === undefined || nonces.accepts(nonce, now()),
  };
  const model = provider.ReplayDetection as unknown as { unique(): Promise<boolean> };
  model.unique = async () => {
    const proof = proofOf(Provider.ctx?.req);
    if (proof === undefined) throw new Error('oidc-provider saw a proof that the edge did not');
    if (!(await isFirstUse(deps, proof))) throw new InvalidDpopProof('the proof was used before'); // DPO-01, ATK-35
    return true;
  };
}

/** True for one caller, at whichever replica; the exchange uses proofs up in the same place. */
async function isFirstUse(deps: SignOnDeps, { useKey: key, keepUntil: keep_until }: DpopProof): Promise<boolean> {
  const written = await (queries(deps.database) as unknown as Kysely<CoreSchema>)
    .insertInto('single_use')
    .values({ kind: dpopProofKind, scope: deps.tenantId, key, attempt_id: newJti(), keep_until })
    .onConflict((conflict) => conflict.columns(['kind', 'scope', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst();
  return written !== undefined;
}
