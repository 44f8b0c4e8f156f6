import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Misuse } from '../errors.ts';

/**
 * Seals and authenticates small texts under one master key. Every purpose has keys of its own, so what was sealed or
 * computed for one purpose means nothing for another.
 */
export interface SecretBox {
  seal(purpose: string, text: string): string;
  /** Throws when the text was not sealed here for this purpose. */
  open(purpose: string, sealed: string): string;
  /** HMAC-SHA-256 in base64url. Compare with a constant-time comparison. */
  mac(purpose: string, text: string): string;
}

/** A box over 32 bytes of key material. Tests and embedders that hold their key elsewhere start here. */
export function secretBoxFromKey(master: Uint8Array): SecretBox {
  if (master.length !== 32) throw new Misuse('secret-box/length', 'The encryption key must be exactly 32 bytes.');
  const derived = new Map<string, KeyObject>();
  const keyFor = (use: 'seal' | 'mac', purpose: string): KeyObject => {
    const info = `crossgrant/${use}/${purpose}`;
    const known = derived.get(info);
    if (known !== undefined) return known;
    const key = createSecretKey(Buffer.from(hkdfSync('sha256', master, '', info, 32)));
    derived.set(info, key);
    return key;
  };
  return {
    seal(purpose, text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', keyFor('seal', purpose), nonce);
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v1.${sealed.toString('base64url')}`;
    },
    open(purpose, sealed) {
      if (!sealed.startsWith('v1.')) throw new Error('not a sealed text');
      const bytes = Buffer.from(sealed.slice(3), 'base64url');
      if (bytes.length < 28) throw new Error('not a sealed text');
      const decipher = createDecipheriv('aes-256-gcm', keyFor('seal', purpose), bytes.subarray(0, 12), {
        authTagLength: 16,
      });
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
    },
    mac: (purpose, text) => createHmac('sha256', keyFor('mac', purpose)).update(text, 'utf8').digest('base64url'),
  };
}
