import * as oauth from 'oauth4webapi';
import { CrossgrantMisuse } from './errors.ts';

/** How the client proves itself to one authorization server. Made by one of the functions of this file. */
export interface ClientAuth {
  readonly method: 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt' | 'none';
  readonly apply: oauth.ClientAuth;
}

/** RFC 6749 §2.3.1, in the body. */
export function clientSecretPost(secret: string): ClientAuth {
  requireSecret(secret);
  return { method: 'client_secret_post', apply: oauth.ClientSecretPost(secret) };
}

/**
 * In the Authorization header. What a form leaves as it is stays as it is, hyphens above all: servers that forget to
 * decode read ids and secrets of letters, digits, hyphens and underscores rightly all the same.
 *
 * RFC 6749 §2.3.1, Appendix B.
 */
export function clientSecretBasic(secret: string): ClientAuth {
  requireSecret(secret);
  return {
    method: 'client_secret_basic',
    apply: (_server, client, _body, headers) => {
      headers.set('authorization', `Basic ${btoa(`${formEncode(client.client_id)}:${formEncode(secret)}`)}`);
    },
  };
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** A public client. Accepted for sign-on at the identity provider, never at a resource authorization server. */
export function none(): ClientAuth {
  return { method: 'none', apply: oauth.None() };
}

/**
 * Signs client assertions. The key may live in a key management service: only the signature has to come out, in the form
 * of RFC 7518 §3 (for ECDSA both numbers, not DER). `keySigner` makes one of a key in memory.
 */
export interface AssertionSigner {
  readonly algorithm: 'ES256' | 'ES384' | 'RS256' | 'PS256' | 'EdDSA';
  readonly keyId?: string;
  sign(signingInput: Uint8Array): Promise<Uint8Array>;
}

const assertionSeconds = 60;

/**
 * Authenticates with a signed assertion made for exactly one authorization server.
 *
 * The audience is the issuer and nothing else: an assertion for a token endpoint URL could be used by a server that
 * advertises the endpoint of another as its own.
 *
 * RFC 7523 §3, draft-ietf-oauth-rfc7523bis.
 */
export function privateKeyJwt(signer: AssertionSigner): ClientAuth {
  return {
    method: 'private_key_jwt',
    apply: async (server, client, body) => {
      body.set('client_id', client.client_id);
      body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      body.set('client_assertion', await signAssertion(signer, server.issuer, client));
    },
  };
}

async function signAssertion(signer: AssertionSigner, issuer: string, client: oauth.Client): Promise<string> {
  const skew = client[oauth.clockSkew] ?? 0;
  const now = Math.floor(Date.now() / 1000) + Math.round(typeof skew === 'number' ? skew : 0);
  const header = {
    alg: signer.algorithm,
    ...(signer.keyId === undefined ? {} : { kid: signer.keyId }),
    typ: 'client-authentication+jwt', // CAU-01
  };
  const payload = {
    iss: client.client_id,
    sub: client.client_id,
    aud: issuer, // CAU-01, ATK-56
    jti: randomText(),
    iat: now,
    exp: now + assertionSeconds,
  };
  const signingInput = `${encodeJson(header)}.${encodeJson(payload)}`;
  const signature = await signer.sign(new TextEncoder().encode(signingInput));
  return `${signingInput}.${base64url(signature)}`;
}

/** 128 random bits, base64url. */
export function randomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(16)));
}

function encodeJson(value: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function requireSecret(secret: string): void {
  if (typeof secret !== 'string' || secret === '') {
    throw new CrossgrantMisuse(
      'misuse/secret',
      'A client secret is a non-empty string. Read it from the environment or a secret store.',
    );
  }
}
