import { parseClientMetadataUrl } from '@crossgrant/protocol';
import { z } from 'zod';

/** A text that is not empty and holds no control characters. */
export const label: z.ZodType<string> = z
  .string()
  .min(1, 'must not be empty.')
  .max(200, 'must be at most 200 characters long.')
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters.');

/** How a `state` in the file and what administrators do go together. */
export const statedOnce =
  'Counts when it changes in the file. Unchanged or left out, it leaves what an administrator did.';

/** An e-mail address as far as a configuration can judge it: one @ with a text on each side. */
export const emailAddress: z.ZodType<string> = z
  .string()
  .regex(/^[^\s@]{1,64}@[^\s@]{1,255}$/, 'must be an e-mail address.');

/**
 * Names that travel in Basic credentials or in other references of this file. From `[A-Za-z0-9_-]` only, so that the raw
 * and the percent-encoded form of a client id are the same text (interop with clients that send either).
 */
export const identifier: z.ZodType<string> = z
  .string()
  .min(1, 'must not be empty.')
  .max(128, 'must be at most 128 characters long.')
  .regex(/^[A-Za-z0-9_-]*$/, 'may hold letters, digits, "-" and "_" only.');

/** A client id of this file: an identifier, or the URL of a client metadata document. */
export const clientId: z.ZodType<string> = z
  .string()
  .min(1, 'must not be empty.')
  .max(256, 'must be at most 256 characters long.')
  .refine(
    (text) => /^[A-Za-z0-9_-]{1,128}$/.test(text) || parseClientMetadataUrl(text, { allowHttpLoopback: true }).ok,
    'may hold letters, digits, "-" and "_" only, or is the https URL of a metadata document.',
  );

/** A client id at an authorization server: an identifier, or the URL of a client metadata document. */
export const clientIdentifier: z.ZodType<string> = z
  .string()
  .min(1, 'must not be empty.')
  .max(512, 'must be at most 512 characters long.')
  .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces.');

export const scopeToken: z.ZodType<string> = z
  .string()
  .min(1, 'must not be empty.')
  .max(128, 'must be at most 128 characters long.')
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]*$/, 'a scope is printable ASCII without spaces, quotes and backslashes.');

export const url: z.ZodType<string> = z
  .string()
  .max(2048, 'must be at most 2048 characters long.')
  .refine(isAbsoluteUrl, 'must be an absolute http or https URL without user name.');

/** An issuer: compared to the letter everywhere, so it is kept as written. RFC 8414 §2. */
export const issuerUrl: z.ZodType<string> = z
  .string()
  .max(1024, 'must be at most 1024 characters long.')
  .refine(isAbsoluteUrl, 'must be an absolute http or https URL without user name.')
  .refine((text) => !/[?#]/.test(text), 'an issuer has no query and no fragment.');

/** RFC 8707 §2: an absolute URI without fragment. */
export const resourceIdentifier: z.ZodType<string> = z
  .string()
  .max(1024, 'must be at most 1024 characters long.')
  .refine((text) => URL.canParse(text) && !/\s/.test(text), 'must be an absolute URI.')
  .refine((text) => !text.includes('#'), 'a resource identifier has no fragment.');

export const listenAddress: z.ZodType<string> = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/, 'must be HOST:PORT, such as 127.0.0.1:4701.')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'the port must be at most 65535.');

export const seconds = z
  .number()
  .int('must be a whole number of seconds.')
  .min(1, 'must be at least 1 second.')
  .max(31_536_000, 'must be at most a year.');

/** An instant as RFC 3339 text, or a plain date that means its first moment in UTC. */
export const instant: z.ZodType<string> = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2}))?$/, {
    error: 'must be a date such as 2027-01-14 or 2027-01-14T08:00:00Z.',
    abort: true,
  })
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is no date of the calendar.');

const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable.');

/** A secret: a literal (with `development: true` only), a variable of the environment, or a file. */
export const secret: z.ZodType<Secret> = z
  .union(
    [
      z.string().min(1).max(10_000),
      z.strictObject({ env: environmentName }),
      z.strictObject({ file: z.string().min(1) }),
    ],
    {
      error: 'must be a text, { env: NAME } or { file: PATH }.',
    },
  )
  .meta({ id: 'Secret', description: 'A literal (with development: true only), { env: NAME } or { file: PATH }.' });

export type Secret = string | { env: string } | { file: string };

/** A database: a file path or a postgres:// URL, which as it holds a password may come from the environment or a file. */
export const database: z.ZodType<Secret> = z
  .union(
    [
      z.string().min(1).max(2048),
      z.strictObject({ env: environmentName }),
      z.strictObject({ file: z.string().min(1) }),
    ],
    {
      error: 'must be a file path, a postgres:// URL, { env: NAME } or { file: PATH }.',
    },
  )
  .refine(
    (value) => typeof value !== 'string' || !value.includes('://') || isPostgresUrl(value),
    'must be a file path or a postgres:// URL.',
  )
  .meta({
    id: 'Database',
    description:
      'A file path (SQLite) or a postgres:// URL; { env: NAME } or { file: PATH } where that URL holds a password.',
  });

export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text);
}

/** Public keys as a JWK set. Private members are a mistake: this file is not the place for them. */
export const publicJwks: z.ZodType<PublicJwks> = z
  .strictObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1, 'must hold at least one key.') })
  .refine(
    (set) => set.keys.every((key) => !('d' in key || 'k' in key || 'p' in key)),
    'must hold public keys only; a private member ("d", "p", "k") was found.',
  )
  .meta({ id: 'PublicJwks', description: 'Public keys as a JWK set.' });

export type PublicJwks = { keys: ({ kty: string } & Record<string, unknown>)[] };

function isAbsoluteUrl(text: string): boolean {
  if (!URL.canParse(text) || /\s/.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

/** Whether proofs of possession must carry a nonce of the server. RFC 9449 §8. */
export const dpopNonces = z
  .enum(['off', 'required'], { error: 'must be off or required.' })
  .default('off')
  .describe('Whether DPoP proofs must carry a nonce that this server gave out.');
