import { hash, timingSafeEqual } from 'node:crypto';
import type { SecretVerifier } from './resource-directory.ts';

/** Compares in constant time with the one secret that was configured. Only its digest is kept. */
export function secretVerifier(secret: string): SecretVerifier {
  const expected = digest(secret);
  return (presented) => timingSafeEqual(digest(presented), expected); // CAU-06
}

/** Compares with stored MACs of the live secrets; during a rotation there are two. */
export function macVerifier(macs: readonly string[], macOf: (secret: string) => string): SecretVerifier {
  const expected = macs.map(digest);
  return (presented) => {
    const found = digest(macOf(presented));
    let isLive = false;
    for (const mac of expected) if (timingSafeEqual(found, mac)) isLive = true;
    return isLive;
  };
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
