import { profiles } from './constants.ts';
import { decodeFormComponent, type FormParameters } from './form.ts';
import type { PlainHeaders } from './http.ts';
import { ok, type Result, refuse } from './result.ts';

/** What a request presents to prove which client sends it. Nothing is proven yet. */
export type PresentedCredentials =
  | {
      readonly method: 'client_secret_basic' | 'client_secret_post';
      readonly clientId: string;
      readonly secret: string;
    }
  | { readonly method: 'private_key_jwt'; readonly clientId: string | undefined; readonly assertion: string }
  | { readonly method: 'none'; readonly clientId: string };

export type ClientAuthMethod = PresentedCredentials['method'];

/**
 * Reads the one way in which the request names its client. Two ways at once are refused, whichever of them would
 * succeed; a `client_id` in the body must agree with the credentials.
 *
 * RFC 6749 §2.3, RFC 7521 §4.2.
 */
export function readClientCredentials(request: {
  readonly headers: PlainHeaders;
  readonly form: FormParameters;
}): Result<PresentedCredentials> {
  const { headers, form } = request;
  const authorization = headers.all('authorization');
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  const clientId = form.get('client_id');

  if (authorization.length > 1) return refuse('client/malformed-basic'); // CAU-05
  if (authorization[0] !== undefined && (secret ?? assertion) !== undefined) return refuse('client/several-methods'); // CAU-05, LES-28
  if (secret !== undefined && assertion !== undefined) return refuse('client/several-methods'); // CAU-05, LES-28
  if (authorization[0] !== undefined) return readBasic(authorization[0], clientId);
  if (assertion !== undefined || form.get('client_assertion_type') !== undefined) return readAssertion(form);
  if (clientId === undefined) return refuse('client/missing'); // TEX-03, RED-03
  if (secret !== undefined) return ok({ method: 'client_secret_post', clientId, secret });
  return ok({ method: 'none', clientId });
}

function readBasic(header: string, bodyClientId: string | undefined): Result<PresentedCredentials> {
  const pair = decodeBasic(header);
  if (pair === undefined) return refuse('client/malformed-basic'); // CAU-05, ATK-57
  if (bodyClientId !== undefined && bodyClientId !== pair.clientId) return refuse('client/identifier-mismatch'); // CAU-08
  return ok({ method: 'client_secret_basic', ...pair });
}

function readAssertion(form: FormParameters): Result<PresentedCredentials> {
  const assertion = form.get('client_assertion');
  if (form.get('client_assertion_type') !== profiles.clientAssertionType) return refuse('client/assertion-type'); // CAU-01
  if (assertion === undefined) return refuse('client/assertion-type'); // CAU-01
  return ok({ method: 'private_key_jwt', clientId: form.get('client_id'), assertion });
}

/**
 * Decodes a Basic header once: strict base64, then the first `:` splits, then each half is form-decoded. A secret that
 * decodes in two ways would be two secrets.
 *
 * RFC 6749 §2.3.1, RFC 7617 §2.
 */
export function decodeBasic(header: string): { clientId: string; secret: string } | undefined {
  if (header.slice(0, 6).toLowerCase() !== 'basic ') return undefined;
  const text = decodeStrictBase64(header.slice(6));
  const colon = text === undefined ? -1 : text.indexOf(':');
  if (text === undefined || colon < 1) return undefined;

  const clientId = decodeFormComponent(text.slice(0, colon));
  const secret = decodeFormComponent(text.slice(colon + 1)); // CAU-05
  return clientId === undefined || secret === undefined || secret === '' ? undefined : { clientId, secret };
}

/** The header value for a client that authenticates with a secret. RFC 6749 §2.3.1. */
export function formatBasic(clientId: string, secret: string): string {
  return `Basic ${btoa(`${formEncode(clientId)}:${formEncode(secret)}`)}`;
}

const maximumBasicCharacters = 4_096;

function decodeStrictBase64(text: string): string | undefined {
  if (text.length > maximumBasicCharacters) return undefined;
  try {
    const bytes = atob(text);
    return btoa(bytes) === text && isAscii(bytes) ? bytes : undefined; // LES-29
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
