import type { IdJagClaims } from '../id-jag-claims.ts';
import { isJsonObject } from '../json.ts';
import { ok, type Result, refuse } from '../result.ts';
import { isThumbprint } from './dpop-proof.ts';
import { publicThumbprint } from './embedded-key.ts';

/**
 * Reads `cnf`: the thumbprint of the key that the assertion is bound to, or undefined for a bearer assertion. One `jkt` or
 * one public `jwk` is understood; anything else refuses the assertion, because dropping it would turn a bound grant into a
 * bearer one.
 *
 * RFC 7800 §3.1, RFC 9449 §6.1, ID-JAG-04 §9.8, draft-parecki-oauth-jwt-dpop-grant-02.
 */
export function readConfirmation({ payload }: IdJagClaims): Result<string | undefined> {
  const { cnf } = payload;
  if (cnf === undefined) return ok(undefined);
  if (!isJsonObject(cnf) || Object.keys(cnf).length !== 1) return refuse('assertion/confirmation-unsupported'); // RED-15, DPO-08, ATK-33
  if (isThumbprint(cnf.jkt)) return ok(cnf.jkt); // DPO-08
  const thumbprint = publicThumbprint(cnf.jwk); // DPO-08
  return thumbprint === undefined ? refuse('assertion/confirmation-unsupported') : ok(thumbprint); // RED-15, DPO-08, ATK-33
}
