import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Misuse } from '../errors.ts';
import { type SecretBox, secretBoxFromKey } from './secret-box.ts';

/** A key that seals the data key of a database. */
export interface EncryptionKey {
  /** Names the key without telling anything of it. */
  readonly id: string;
  readonly box: SecretBox;
}

/** The encryption key of a server and, while it is being exchanged, the one before. */
export interface EncryptionKeys {
  readonly current: EncryptionKey;
  readonly previous?: EncryptionKey;
}

export interface EncryptionKeyOptions {
  /**
   * Name of the environment variable that holds the key: 32 bytes as base64url, base64 or hex. The same name with
   * `_PREVIOUS` holds the one before, while a key is exchanged.
   */
  readonly env?: string;
  /** File that holds the key in the same form, the one before on a second line. Nobody but its owner may read it. */
  readonly file?: string;
  /** Makes the file, mode 0600, when it does not exist. */
  readonly createIfMissing?: boolean;
}

/** Reads the keys from the environment or, lacking them there, from the file. */
export function openEncryptionKeys(options: EncryptionKeyOptions): EncryptionKeys {
  const [current, previous] = readKeys(options).map(encryptionKeyFrom);
  if (current === undefined) throw new Misuse('secret-box/length', `The key file ${options.file} holds no key.`);
  return { current, previous };
}

/** A key over 32 bytes that are held elsewhere. */
export function encryptionKeyFrom(bytes: Uint8Array): EncryptionKey {
  const box = secretBoxFromKey(bytes);
  return { id: box.mac('encryption-key-id', '').slice(0, 16), box };
}

/** Puts a fresh key before the one in the file, which stays on the second line. Atomic; the file keeps its mode 0600. */
export function exchangeKeyInFile(file: string): void {
  const [current] = readKeyFile(file);
  if (current === undefined) throw new Misuse('secret-box/length', `The key file ${file} holds no key.`);
  replaceFile(file, [randomBytes(32), current]);
}

/** Removes the previous key from the file. */
export function endPreviousKeyInFile(file: string): void {
  replaceFile(file, readKeyFile(file).slice(0, 1));
}

function readKeys(options: EncryptionKeyOptions): readonly Uint8Array[] {
  const { env, file } = options;
  const fromEnvironment = readVariable(env);
  if (fromEnvironment !== undefined) {
    const previous = readVariable(`${env}_PREVIOUS`);
    return previous === undefined ? [fromEnvironment] : [fromEnvironment, previous];
  }
  if (file === undefined) {
    const place = env === undefined ? 'an environment variable or a file' : `the variable ${env}`;
    throw new Misuse('secret-box/missing', `No encryption key: put 32 random bytes as base64url into ${place}.`);
  }
  if (!existsSync(resolve(file))) {
    if (options.createIfMissing !== true) {
      throw new Misuse(
        'secret-box/missing',
        `No encryption key: ${file} does not exist; write 32 random bytes as base64url into it, mode 0600.`,
      );
    }
    createKeyFile(resolve(file));
  }
  return readKeyFile(file);
}

function readVariable(name: string | undefined): Uint8Array | undefined {
  const text = name === undefined ? undefined : process.env[name];
  return text === undefined || text === '' ? undefined : decodeKey(text, `The variable ${name}`);
}

function readKeyFile(name: string): Uint8Array[] {
  const file = resolve(name);
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Misuse(
      'secret-box/readable',
      `Others can read the key file ${name}; run chmod 600 on it and consider the key known.`,
    );
  }
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length > 2)
    throw new Misuse('secret-box/length', `The key file ${name} must hold one key, or two while one is exchanged.`);
  return (lines.length === 0 ? [''] : lines).map((line) => decodeKey(line, `The key file ${name}`));
}

/** Writes a fresh key under another name first, then links it into place: two processes that start together end with one key. */
function createKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = writeDraft(file, [randomBytes(32)]);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
}

function replaceFile(name: string, keys: readonly Uint8Array[]): void {
  const file = resolve(name);
  renameSync(writeDraft(file, keys), file);
}

function writeDraft(file: string, keys: readonly Uint8Array[]): string {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  writeSync(handle, keys.map((key) => `${Buffer.from(key).toString('base64url')}\n`).join(''));
  fsyncSync(handle);
  closeSync(handle);
  return draft;
}

function decodeKey(text: string, place: string): Uint8Array {
  const trimmed = text.trim();
  const bytes = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (bytes.length !== 32 || !/^[A-Za-z0-9+/_=-]+$/.test(trimmed)) {
    throw new Misuse('secret-box/length', `${place} must hold exactly 32 bytes as base64url, base64 or hex.`);
  }
  return bytes;
}
