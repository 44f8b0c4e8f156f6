import { createPublicKey, type KeyObject } from 'node:crypto';
import { isJsonObject, type JsonValue } from '../json.ts';
import { readPublicJwk, type VerificationKey } from './jwks.ts';
import { thumbprint } from './thumbprint.ts';

/** A public key that came inside a token, and its name. It proves possession of itself and nothing else. */
export interface EmbeddedKey {
  readonly key: VerificationKey;
  /** RFC 7638, SHA-256 in base64url. */
  readonly thumbprint: string;
}

/** The thumbprint of a public key that is not used to verify anything here; undefined for all else. */
export function publicThumbprint(jwk: JsonValue | undefined): string | undefined {
  if (!isJsonObject(jwk) || privateMembers.some((member) => jwk[member] !== undefined)) return undefined;
  const read = readPublicJwk(jwk);
  return typeof read === 'string' ? undefined : thumbprint(read.material);
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * Reads keys out of headers. What is costly, the key object, is remembered for the keys seen last, by thumbprint: it is
 * the same object for the same public key, whatever else a header says about it.
 *
 * RFC 7517, RFC 7638, RFC 9449 §4.3 (5, 7).
 */
export function createEmbeddedKeys(maximumKeys: number): (jwk: JsonValue | undefined) => EmbeddedKey | undefined {
  const objects = new Map<string, KeyObject>();

  function objectOf(name: string, material: JsonWebKey): KeyObject | undefined {
    const known = objects.get(name);
    if (known !== undefined) return known;
    try {
      const key = createPublicKey({ key: material, format: 'jwk' });
      if (objects.size >= maximumKeys) objects.delete(objects.keys().next().value as string);
      objects.set(name, key);
      return key;
    } catch {
      return undefined;
    }
  }

  return function readEmbeddedKey(jwk) {
    if (!isJsonObject(jwk)) return undefined; // DPO-01
    if (privateMembers.some((member) => jwk[member] !== undefined)) return undefined;
    const read = readPublicJwk(jwk);
    if (typeof read === 'string') return undefined; // DPO-01
    const name = thumbprint(read.material);
    const key = objectOf(name, read.material as JsonWebKey);
    if (key === undefined) return undefined;
    const kid = jwk.kid as string | undefined;
    return { key: { kid, algorithms: read.algorithms, key, jwk: read.material }, thumbprint: name };
  };
}
