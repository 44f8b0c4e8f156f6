import { createHash, sign } from 'node:crypto';
import { generateSigningKey, importJwks, type VerificationKey } from '@crossgrant/protocol/jws';

const key = generateSigningKey('ES256', 'k1');

export const now = 1_795_478_400;
export const publicJwk: object = key.publicJwk;
export const verificationKeys: readonly VerificationKey[] = importJwks({ keys: [key.publicJwk] }).keys;

/** A JWS of any two texts. The signature is right, unless another text is given. */
export function jwsOf(header: string, payload: string, signature?: string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signature ?? signed(input)}`;
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

const known = new Map<string, string>();

/** Signatures are remembered: unchanged samples come again and again. */
function signed(input: string): string {
  const name = createHash('sha1').update(input).digest('latin1');
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
  if (known.size < 5_000) known.set(name, made);
  return made;
}
