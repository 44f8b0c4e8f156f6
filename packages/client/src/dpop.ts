import type { Clock } from '@crossgrant/protocol';
import * as oauth from 'oauth4webapi';
import { CrossgrantError, CrossgrantMisuse, type Stage } from './errors.ts';

/** Where the key comes from that tokens are bound to. */
export type DpopOption =
  | boolean
  /** One key for all sessions. */
  | { readonly keyPair: CryptoKeyPair }
  /** A key for each session, for example one that outlives the process. */
  | { readonly keyOf: (session: string) => Promise<CryptoKeyPair> };

/** The key of a session, with what proves its possession and remembers the nonces of each server. */
export interface ProofKey {
  readonly thumbprint: string;
  /** The names of the algorithm; Ed25519 has two. */
  readonly algorithms: readonly string[];
  readonly handle: oauth.DPoPHandle;
}

/** What making a key takes of the client. */
interface KeyDeps {
  readonly clock: Clock;
  readonly dpop: DpopOption;
}

/**
 * The key of a session: one for the identity provider, the authorization servers and the resources. Made on first use,
 * and not extractable unless the application brought it.
 *
 * RFC 9449 §4, ID-JAG-04 §9.8.1.
 */
export function proofKeyOf(
  deps: KeyDeps,
  memory: { proofKey: Promise<ProofKey> | undefined },
  sessionId: string,
): Promise<ProofKey> {
  memory.proofKey ??= makeProofKey(deps, sessionId); // DPO-12
  memory.proofKey.catch(() => {
    memory.proofKey = undefined;
  });
  return memory.proofKey;
}

/** The same where sign-on and refresh carry proofs, else nothing. */
export async function signOnKeyOf(
  deps: KeyDeps & { readonly provesAtSignOn: boolean },
  memory: { proofKey: Promise<ProofKey> | undefined },
  sessionId: string,
): Promise<ProofKey | undefined> {
  return deps.provesAtSignOn ? proofKeyOf(deps, memory, sessionId) : undefined;
}

async function makeProofKey(deps: KeyDeps, sessionId: string): Promise<ProofKey> {
  return proofKeyFrom(deps, await keyPairFor(deps.dpop, sessionId));
}

/** Makes a key pair prove itself, by the clock of the client. */
export async function proofKeyFrom(deps: Pick<KeyDeps, 'clock'>, keyPair: CryptoKeyPair): Promise<ProofKey> {
  const skewSeconds = Math.round((deps.clock() - Date.now()) / 1000);
  const handle = oauth.DPoP({ [oauth.clockSkew]: skewSeconds }, keyPair);
  return { thumbprint: await handle.calculateThumbprint(), algorithms: algorithmsOf(keyPair.privateKey), handle };
}

function keyPairFor(option: DpopOption, sessionId: string): Promise<CryptoKeyPair> {
  if (typeof option === 'object' && 'keyPair' in option) return Promise.resolve(option.keyPair);
  if (typeof option === 'object') return option.keyOf(sessionId);
  return generateProofKeyPair();
}

/** A key that does not leave the process. */
export function generateProofKeyPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
}

/** Refuses a key that cannot make proofs, before anything is sent. */
export function requireProofKeyPair(option: DpopOption): void {
  if (typeof option !== 'object' || !('keyPair' in option)) return;
  const { privateKey, publicKey } = option.keyPair;
  if (privateKey?.type === 'private' && publicKey?.type === 'public' && publicKey.extractable) return;
  throw new CrossgrantMisuse('misuse/dpop-key', 'dpop.keyPair is a private key with its public key, both for signing.');
}

/** A server that says which algorithms it takes is not sent a proof that it cannot verify. */
export function requireProofSupport(
  stage: Stage,
  server: { readonly issuer: string; readonly metadata: oauth.AuthorizationServer },
  key: ProofKey | undefined,
): void {
  const supported = server.metadata.dpop_signing_alg_values_supported;
  if (key === undefined || !Array.isArray(supported)) return;
  if (key.algorithms.some((name) => supported.includes(name))) return;
  throw new CrossgrantError('dpop_unsupported', stage, { cause: { issuer: server.issuer, supported } });
}

/** Tells whether a server asks for its nonce, and sent one. */
export function asksForNonce(response: Response, error: string | undefined): boolean {
  return error === 'use_dpop_nonce' && (response.headers.get('dpop-nonce') ?? '') !== '';
}

/**
 * Sends a request to a resource with a bound token and a fresh proof of the key. The nonce that comes back is remembered.
 *
 * RFC 9449 §7, §8.
 */
export async function sendWithProof(
  deps: { readonly development: boolean },
  key: ProofKey,
  token: string,
  request: { readonly url: string; readonly method: string },
  send: (headers: { readonly authorization: string; readonly dpop: string }) => Promise<Response>,
): Promise<Response> {
  let sent: Response | undefined;
  const prove = async (_url: string, init: { readonly headers: Record<string, string> }): Promise<Response> => {
    const { authorization = '', dpop = '' } = init.headers;
    sent = await send({ authorization, dpop });
    const nonce = sent.headers.get('dpop-nonce');
    return new Response(null, nonce === null ? {} : { headers: { 'dpop-nonce': nonce } });
  };
  await oauth.protectedResourceRequest(token, request.method, new URL(request.url), undefined, null, {
    DPoP: key.handle, // DPO-12
    [oauth.customFetch]: prove,
    [oauth.allowInsecureRequests]: deps.development,
  });
  return sent as Response;
}

function algorithmsOf(key: CryptoKey): readonly string[] {
  const { name, hash, namedCurve } = key.algorithm as {
    readonly name: string;
    readonly hash?: { readonly name: string };
    readonly namedCurve?: string;
  };
  const bits = hash?.name.replace('SHA-', '');
  if (name === 'ECDSA') return [{ 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[namedCurve ?? ''] ?? ''];
  if (name === 'RSA-PSS') return [`PS${bits}`];
  return name === 'Ed25519' ? ['Ed25519', 'EdDSA'] : [`RS${bits}`];
}
