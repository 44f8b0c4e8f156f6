import { parseStrictJsonObject } from '@crossgrant/protocol';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { type DecodedJwt, decodeJwt } from './decode-jwt.ts';
import type { ClientDeps } from './deps.ts';
import { findAuthorizationServer } from './discovery/authorization-server.ts';
import { CrossgrantError } from './errors.ts';

const algorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];
const keptForMs = 300_000;
const cooldownMs = 30_000;

/**
 * Verifies a token that the pinned identity provider signed, with the keys it publishes. Keys are read again when a token
 * names one that is not among them, at most every half minute.
 *
 * RFC 7515 §5.2, OpenID Connect Core §10.1.1.
 */
export async function verifyByIdp(deps: ClientDeps, token: string): Promise<DecodedJwt | undefined> {
  const decoded = token.length <= 16_384 ? decodeJwt(token) : undefined;
  if (decoded === undefined) return undefined;
  if (await isSigned(token, await keysOf(deps, keptForMs))) return decoded;
  return (await isSigned(token, await keysOf(deps, cooldownMs))) ? decoded : undefined;
}

async function isSigned(token: string, keys: JSONWebKeySet): Promise<boolean> {
  try {
    await compactVerify(token, createLocalJWKSet(keys), { algorithms }); // SSO-07, ATK-50
    return true;
  } catch {
    return false;
  }
}

async function keysOf(deps: ClientDeps, maxAgeMs: number): Promise<JSONWebKeySet> {
  const known = deps.memory.idpKeys;
  if (known !== undefined && deps.clock() < known.readAt + maxAgeMs) return known.keys;
  const idp = await findAuthorizationServer(deps, deps.idp.issuer);
  const response = await deps.outbound.send('sign_on', idp.metadata.jwks_uri ?? '', {});
  const parsed = parseStrictJsonObject(await response.text());
  const isKeySet = parsed.ok && Array.isArray(parsed.value.keys);
  if (response.status !== 200 || !isKeySet) throw new CrossgrantError('metadata_invalid', 'sign_on');
  const keys = parsed.value as unknown as JSONWebKeySet;
  deps.memory.idpKeys = { keys, readAt: deps.clock() };
  return keys;
}
