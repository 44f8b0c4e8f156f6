import { CrossgrantMisuse } from '../errors.ts';

/** Hides small records in cookies: only who holds a secret can read one or make one. */
export interface SealedCookies {
  /** The `Set-Cookie` value that keeps the record in the browser for `maxAgeSeconds`. */
  seal(name: string, record: object, maxAgeSeconds: number): Promise<string>;
  /** The record, if the `Cookie` header holds it under exactly this name, once, sealed under this name and not too old. */
  open(name: string, cookieHeader: string | null | undefined): Promise<unknown>;
  /** The `Set-Cookie` value that ends it. */
  clear(name: string): string;
}

export interface SealOptions {
  /** The first seals, all of them open: put a new one in front to change it. */
  readonly secrets: readonly string[];
  readonly isSecure: boolean;
  readonly now: () => number;
}

const encoder = new TextEncoder();
const ivBytes = 12;

/** AES-256-GCM, with a key derived for this purpose and the name of the cookie as additional data. */
export function createSealedCookies({ secrets, isSecure, now }: SealOptions): SealedCookies {
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 32)) throw weakSecret();
  const keys = secrets.map(deriveKey);
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const fullName = (name: string): string => (isSecure ? `__Host-${name}` : name);
  return {
    async seal(name, record, maxAgeSeconds) {
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
      const text = JSON.stringify({ record, until: now() + maxAgeSeconds * 1000 });
      const parameters = { name: 'AES-GCM', iv, additionalData: encoder.encode(name) };
      const sealed = await crypto.subtle.encrypt(
        parameters,
        await (keys[0] as Promise<CryptoKey>),
        encoder.encode(text),
      );
      const value = base64url(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
      return `${fullName(name)}=${value}; Max-Age=${maxAgeSeconds}; ${attributes}`;
    },
    async open(name, cookieHeader) {
      const value = readCookie(cookieHeader ?? '', fullName(name));
      const bytes = value === undefined ? undefined : fromBase64url(value);
      if (bytes === undefined || bytes.length <= ivBytes) return undefined;
      for (const key of keys) {
        const opened = await decrypt(await key, name, bytes);
        if (opened !== undefined) return now() < opened.until ? opened.record : undefined;
      }
      return undefined;
    },
    clear: (name) => `${fullName(name)}=; Max-Age=0; ${attributes}`,
  };
}

/**
 * The value of one cookie. A name that comes twice counts as absent, because another host of the same site may have
 * planted one; only space and tab are trimmed.
 */
export function readCookie(header: string, name: string): string | undefined {
  const values: string[] = [];
  for (const pair of header.split(';')) {
    const trimmed = pair.replace(/^[ \t]+|[ \t]+$/g, '');
    const at = trimmed.indexOf('=');
    if (at !== -1 && trimmed.slice(0, at) === name) values.push(trimmed.slice(at + 1));
  }
  return values.length === 1 ? values[0] : undefined; // LES-15
}

async function decrypt(
  key: CryptoKey,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly record: unknown; readonly until: number } | undefined> {
  const parameters = { name: 'AES-GCM', iv: bytes.slice(0, ivBytes), additionalData: encoder.encode(name) };
  const opened = await crypto.subtle.decrypt(parameters, key, bytes.slice(ivBytes)).catch(() => undefined);
  return opened === undefined ? undefined : JSON.parse(new TextDecoder().decode(opened));
}

async function deriveKey(secret: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey']);
  const info = encoder.encode('@crossgrant/client/web sign-on cookie');
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
  return crypto.subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

function base64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]{1,4096}$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function weakSecret(): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/cookie-secret',
    'secrets holds at least one random text of 32 characters or more, the same in all processes.',
  );
}
