import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
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

export interface SecretBoxOptions {
  /** Name of the environment variable that holds the key: 32 bytes as base64url, base64 or hex. */
  readonly env?: string;
  /** File that holds the key in the same form. Nobody but its owner may read it. */
  readonly file?: string;
  /** Makes the file, mode 0600, when it does not exist. */
  readonly createIfMissing?: boolean;
}

/** Opens the box with the key from the environment or, lacking it, from the file. */
export function openSecretBox(options: SecretBoxOptions): SecretBox {
  return secretBoxFromKey(readMasterKey(options));
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

function readMasterKey(options: SecretBoxOptions): Uint8Array {
  const fromEnvironment = options.env === undefined ? undefined : process.env[options.env];
  if (fromEnvironment !== undefined && fromEnvironment !== '')
    return decodeKey(fromEnvironment, `The variable ${options.env}`);
  if (options.file === undefined) {
    const place = options.env === undefined ? 'an environment variable or a file' : `the variable ${options.env}`;
    throw new Misuse('secret-box/missing', `No encryption key: put 32 random bytes as base64url into ${place}.`);
  }
  const file = resolve(options.file);
  if (!existsSync(file)) {
    if (options.createIfMissing !== true) {
      throw new Misuse(
        'secret-box/missing',
        `No encryption key: ${options.file} does not exist; write 32 random bytes as base64url into it, mode 0600.`,
      );
    }
    createKeyFile(file);
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Misuse(
      'secret-box/readable',
      `Others can read the key file ${options.file}; run chmod 600 on it and consider the key known.`,
    );
  }
  return decodeKey(readFileSync(file, 'utf8'), `The key file ${options.file}`);
}

/** Writes a fresh key under another name first, then links it into place: two processes that start together end with one key. */
function createKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  writeSync(handle, `${randomBytes(32).toString('base64url')}\n`);
  fsyncSync(handle);
  closeSync(handle);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
}

function decodeKey(text: string, place: string): Uint8Array {
  const trimmed = text.trim();
  const bytes = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (bytes.length !== 32 || !/^[A-Za-z0-9+/_=-]+$/.test(trimmed)) {
    throw new Misuse('secret-box/length', `${place} must hold exactly 32 bytes as base64url, base64 or hex.`);
  }
  return bytes;
}
