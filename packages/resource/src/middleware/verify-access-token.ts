import type { IssuerKeys } from '@crossgrant/platform';
import {
  type AccessTokenClaims,
  type Clock,
  checkAccessTokenClaims,
  ok,
  type Result,
  refuse,
  toSeconds,
} from '@crossgrant/protocol';
import {
  type ParsedJws,
  parseCompactJws,
  type SignatureAlgorithm,
  type VerificationKey,
  type VerifiedJws,
  verifyJws,
} from '@crossgrant/protocol/jws';
import { createVerdictCache, type VerdictCache, verdictKey } from './verdict-cache.ts';

export interface AccessTokenVerifierDeps {
  readonly resource: string;
  readonly authorizationServer: string;
  readonly keys: IssuerKeys;
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly clock: Clock;
  readonly skewSeconds: number;
  readonly maximumVerdicts: number;
}

/** Judges a token. `provenKey` is the key that this very request proved; without it a bound token is refused. */
export type TokenVerifier = (token: string, provenKey?: string) => Promise<Result<AccessTokenClaims>>;

/** A signature that was good, and the keys that were the issuer's at the time. */
interface SignatureVerdict {
  readonly jws: VerifiedJws;
  readonly kid: string | undefined;
  readonly alg: string;
  readonly keys: readonly VerificationKey[];
}

/**
 * Verifies access tokens that are signed. A good signature is remembered for as long as the issuer's keys for it stay the
 * same; claims are judged at every use, so that nothing expired or made for a neighbour ever comes out of the memory.
 *
 * RFC 9068 §4.
 */
export function createAccessTokenVerifier(deps: AccessTokenVerifierDeps): TokenVerifier {
  const verdicts = createVerdictCache<SignatureVerdict>(deps.maximumVerdicts);

  return async function verifyAccessToken(token, provenKey) {
    const key = verdictKey(token, deps.resource);
    const jws = (await recall(verdicts, key, deps)) ?? (await verifySignature(token, key, verdicts, deps));
    if ('ok' in jws) return jws;
    return checkAccessTokenClaims(jws, {
      issuer: deps.authorizationServer,
      resource: deps.resource,
      nowSeconds: toSeconds(deps.clock()),
      skewSeconds: deps.skewSeconds,
      provenKey, // RSV-03
    });
  };
}

async function recall(
  verdicts: VerdictCache<SignatureVerdict>,
  key: string,
  deps: AccessTokenVerifierDeps,
): Promise<VerifiedJws | undefined> {
  const verdict = verdicts.find(key);
  if (verdict === undefined) return undefined;

  const keys = await deps.keys.find(verdict.kid, verdict.alg);
  if (!isSameSet(keys, verdict.keys)) return undefined; // LES-36
  return verdict.jws;
}

async function verifySignature(
  token: string,
  key: string,
  verdicts: VerdictCache<SignatureVerdict>,
  deps: AccessTokenVerifierDeps,
): Promise<VerifiedJws | Extract<Result<never>, { ok: false }>> {
  const parsed = parseCompactJws(token);
  if (!parsed.ok) return refuse('bearer/not-a-token', { ...parsed.refusal }); // RSV-01
  const named = namedKey(parsed.value, deps.algorithms);
  if (!named.ok) return named;

  const keys = await deps.keys.find(named.value.kid, named.value.alg);
  const verified = verifyJws(parsed.value, keys, deps.algorithms);
  if (!verified.ok) return refuse('bearer/signature', { ...verified.refusal }); // RSV-01, ATK-05
  verdicts.keep(key, { jws: verified.value, ...named.value, keys });
  return verified.value;
}

/** Key and algorithm that the header names, before any key is looked for. */
function namedKey(
  { header }: ParsedJws,
  algorithms: readonly SignatureAlgorithm[],
): Result<{ kid: string | undefined; alg: string }> {
  const { kid, alg } = header;
  if (!(algorithms as readonly unknown[]).includes(alg)) return refuse('bearer/signature', { alg }); // RSV-01, ATK-03, ATK-04
  if (kid !== undefined && typeof kid !== 'string') return refuse('bearer/signature', { problem: 'kid' }); // ATK-06
  return ok({ kid, alg: alg as string });
}

/** Key sets are replaced, never changed, so the objects tell one version from the next. */
function isSameSet(now: readonly VerificationKey[], then: readonly VerificationKey[]): boolean {
  return now.length === then.length && now.every((key, index) => key === then[index]);
}
