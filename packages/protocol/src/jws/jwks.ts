import { createPublicKey, type KeyObject } from 'node:crypto';
import { limits } from '../constants.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { algorithmsOfType, namedAlgorithm, type PublicJwk, type SignatureAlgorithm } from './algorithms.ts';
import { decodeBase64url } from './base64url.ts';

/** A public key with the algorithms it serves: its type's, narrowed by its own `alg`. The token's header has no say. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
}

export interface ImportedJwks {
  readonly keys: readonly VerificationKey[];
  /** One sentence per key that was left out. */
  readonly problems: readonly string[];
}

const maximumKeys = 64;
const rsaBits = { least: 2_048, most: 4_096 } as const;

/**
 * Imports the public keys of a JWKS. A bad key is reported and left out; the others work. Twins, two keys with one `kid`,
 * are both left out, and a set of more than 64 keys is refused whole.
 *
 * RFC 7517 §5, RFC 8725 §3.1, §3.5.
 */
export function importJwks(document: unknown): ImportedJwks {
  const members = isJsonObject(document as JsonValue) ? (document as JsonObject).keys : undefined;
  if (!Array.isArray(members)) return { keys: [], problems: ['The document has no array named keys'] };
  if (members.length > maximumKeys) return { keys: [], problems: [`The set has more than ${maximumKeys} keys`] }; // LES-49

  const keys: VerificationKey[] = [];
  const problems: string[] = [];
  const twins = twinKids(members);

  for (const [index, member] of members.entries()) {
    const imported = importMember(member, twins);
    if (typeof imported === 'string') problems.push(`Key ${index}: ${imported}`);
    else keys.push(imported);
  }
  return { keys, problems };
}

function twinKids(members: readonly unknown[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twins = new Set<string>();

  for (const member of members) {
    const kid = isJsonObject(member as JsonValue) ? (member as JsonObject).kid : undefined;
    if (typeof kid !== 'string') continue;
    if (seen.has(kid)) twins.add(kid);
    seen.add(kid);
  }
  return twins;
}

function importMember(member: unknown, twins: ReadonlySet<string>): VerificationKey | string {
  if (!isJsonObject(member as JsonValue)) return 'is not an object';
  const jwk = member as JsonObject;
  const read = readPublicJwk(jwk, twins);
  if (typeof read === 'string') return read;
  const { algorithms, material } = read;
  try {
    const key = createPublicKey({ key: material as JsonWebKey, format: 'jwk' });
    return { kid: jwk.kid as string | undefined, algorithms, key, jwk: material };
  } catch {
    return 'is not a valid public key'; // LES-49
  }
}

/** What a public key is good for and what it consists of, or a sentence that says why it is good for nothing. */
export function readPublicJwk(
  jwk: JsonObject,
  twins: ReadonlySet<string> = new Set(),
): { readonly algorithms: readonly SignatureAlgorithm[]; readonly material: PublicJwk } | string {
  const algorithms = algorithmsFor(jwk);
  if (typeof algorithms === 'string') return algorithms;
  const unusable = unusableBecause(jwk, twins);
  if (unusable !== undefined) return unusable;
  const material = publicMaterial(jwk);
  return typeof material === 'string' ? material : { algorithms, material };
}

function algorithmsFor(jwk: JsonObject): readonly SignatureAlgorithm[] | string {
  const possible = algorithmsOfType(jwk);
  if (possible === undefined) return 'has a type or curve that is not supported'; // KEY-01, LES-34, ATK-04
  if (jwk.alg === undefined) return possible;
  const named = possible.filter((algorithm) => algorithm === namedAlgorithm(jwk.alg));
  return named.length === 0 ? 'has an alg that does not fit its type' : named; // KEY-06, LES-34
}

function unusableBecause(jwk: JsonObject, twins: ReadonlySet<string>): string | undefined {
  const { kid, use, key_ops: operations } = jwk;
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > limits.identifierCharacters))
    return 'has a kid that is no short text'; // ATK-06
  if (typeof kid === 'string' && twins.has(kid)) return 'shares its kid with another key'; // LES-49, KEY-01
  if (use !== undefined && use !== 'sig') return 'is not for signatures'; // KEY-01
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'is not for verification'; // KEY-01
  if (jwk.d !== undefined || jwk.k !== undefined) return 'holds private material'; // KEY-01
  return undefined;
}

function publicMaterial(jwk: JsonObject): PublicJwk | string {
  const common = { kid: jwk.kid as string | undefined, alg: jwk.alg as string | undefined, use: 'sig' };

  if (jwk.kty === 'RSA') {
    const weakness = rsaWeakness(jwk);
    return weakness ?? { kty: 'RSA', ...common, n: jwk.n as string, e: jwk.e as string };
  }
  const size = jwk.crv === 'P-384' ? 48 : 32;
  if (byteLength(jwk.x) !== size) return 'has a coordinate of a wrong length'; // LES-49
  if (jwk.kty === 'OKP') return { kty: 'OKP', ...common, crv: jwk.crv as string, x: jwk.x as string };
  if (byteLength(jwk.y) !== size) return 'has a coordinate of a wrong length'; // LES-49
  return { kty: 'EC', ...common, crv: jwk.crv as string, x: jwk.x as string, y: jwk.y as string };
}

/** A tiny exponent makes forging easy, a giant one or a giant modulus makes verifying costly. */
function rsaWeakness(jwk: JsonObject): string | undefined {
  const modulus = decodeUnsigned(jwk.n);
  const exponent = decodeUnsigned(jwk.e);
  if (modulus === undefined || exponent === undefined) return 'has members that are no numbers'; // LES-34
  const bits = bitLength(modulus);
  if (bits < rsaBits.least || bits > rsaBits.most) return 'has a modulus outside 2048 to 4096 bits'; // KEY-01, LES-49, ATK-19
  if (exponent.length > 5) return 'has an exponent that is too large'; // LES-49
  const e = exponent.readUIntBE(0, exponent.length);
  if (e <= 65_536 || e >= 2 ** 33 || e % 2 === 0) return 'has an exponent outside 2^16 to 2^33, or even'; // LES-49
  return undefined;
}

function decodeUnsigned(value: JsonValue | undefined): Buffer | undefined {
  if (typeof value !== 'string' || value === '' || value.length > 1_024) return undefined;
  const bytes = decodeBase64url(value);
  return bytes === undefined || bytes[0] === 0 ? undefined : bytes;
}

function bitLength(bytes: Buffer): number {
  return bytes.length * 8 - Math.clz32(bytes[0] as number) + 24;
}

function byteLength(value: JsonValue | undefined): number {
  return typeof value === 'string' && value.length < 128 ? (decodeBase64url(value)?.length ?? -1) : -1;
}
