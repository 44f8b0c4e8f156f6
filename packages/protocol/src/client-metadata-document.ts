import { limits } from './constants.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJsonObject } from './json.ts';
import { isLoopbackHost } from './loopback.ts';
import { ok, type Result } from './result.ts';

declare const clientMetadataUrl: unique symbol;

/** A client id that is the URL of its own metadata document. */
export type ClientMetadataUrl = string & { readonly [clientMetadataUrl]: true };

/** What a document says that counts here. Whatever else it holds is dropped: rights are never the client's to state. */
export interface ClientMetadataDocument {
  readonly clientId: ClientMetadataUrl;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  /** The strongest method the document names. */
  readonly authMethod: 'private_key_jwt' | 'none';
  readonly keys: { readonly jwks: JsonObject } | { readonly jwksUri: string } | undefined;
}

export interface ClientMetadataProblem {
  /** For administrators and logs. */
  readonly problem: string;
}

export interface ClientMetadataOptions {
  /** Development: `http` is allowed, but only on a loopback host. */
  readonly allowHttpLoopback?: boolean;
}

/** The largest document that is read. */
export const clientMetadataBytes = 5_120;

const longestName = 200;
const mostUris = 64;

/** Whether a client id claims to be the URL of a document; ids that are registered by hand hold no colon. */
export function looksLikeMetadataUrl(clientId: string): boolean {
  return clientId.includes(':');
}

/**
 * Accepts a client id that is an https URL with a path, written as a URL parser would write it: no fragment, no user info,
 * no dot segments, no other spelling of the host. A query is refused too, the empty one included: it would let one host
 * make any number of clients of one document.
 *
 * draft-ietf-oauth-client-id-metadata-document §3.
 */
export function parseClientMetadataUrl(
  text: string,
  options: ClientMetadataOptions = {},
): Result<ClientMetadataUrl, ClientMetadataProblem> {
  if (text.length > limits.identifierCharacters) return problem('the URL is too long');
  const url = URL.parse(text);
  if (url === null || !isAllowedUrl(url, options)) return problem('it is no https URL'); // CID-04
  if (text.includes('?') || text.includes('#')) return problem('it has a query or a fragment'); // CID-04, LES-45
  if (url.username !== '' || url.password !== '') return problem('it has user information'); // CID-04
  if (url.pathname === '/') return problem('it has no path'); // CID-04
  if (url.href !== text) return problem('it is not written as a URL parser writes it'); // CID-04
  return ok(text as ClientMetadataUrl);
}

/**
 * Reads a document that was fetched from `url`. It must be about that URL, to the character, name the client and where it
 * may be redirected to, and hold neither a secret nor a private key; a client of a document has no symmetric method.
 *
 * draft-ietf-oauth-client-id-metadata-document §4, MCP 2026-07-28 client registration.
 */
export function parseClientMetadataDocument(
  text: string,
  url: ClientMetadataUrl,
  options: ClientMetadataOptions = {},
): Result<ClientMetadataDocument, ClientMetadataProblem> {
  const parsed = parseStrictJsonObject(text);
  if (!parsed.ok) return problem('it is no strict JSON object'); // CID-05
  const document = parsed.value;
  if (document.client_id !== url) return problem('its client_id is not its URL'); // CID-05, ATK-58
  if (Object.keys(document).some((name) => name.startsWith('client_secret'))) return problem('it holds a secret'); // CID-05

  const name = document.client_name;
  if (typeof name !== 'string' || !isName(name)) return problem('it has no client_name'); // CID-05
  const redirectUris = texts(document.redirect_uris);
  if (redirectUris === undefined || redirectUris.length === 0) return problem('it has no redirect_uris'); // CID-05
  const postLogoutRedirectUris = texts(document.post_logout_redirect_uris ?? []);
  const grantTypes = texts(document.grant_types ?? ['authorization_code']);
  if (postLogoutRedirectUris === undefined || grantTypes === undefined) return problem('a list of it is none');
  for (const member of linkMembers)
    if (!isLink(document[member])) return problem(`its ${member} is no http or https URL`); // LES-46

  const authMethod = readAuthMethod(document);
  if (typeof authMethod !== 'string') return authMethod;
  const keys = readKeys(document, authMethod, options);
  if (!keys.ok) return keys;
  return ok({ clientId: url, name, redirectUris, postLogoutRedirectUris, grantTypes, authMethod, keys: keys.value });
}

const linkMembers = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const;

/** Both members are read, and the stronger of what they name counts: no list makes a client public that has a key. */
function readAuthMethod(document: JsonObject): ClientMetadataDocument['authMethod'] | Refused {
  const { token_endpoint_auth_method: single, token_endpoint_auth_methods_supported: plural } = document;
  const listed = plural === undefined ? [] : texts(plural);
  if (listed === undefined || (single !== undefined && typeof single !== 'string'))
    return problem('its authentication methods are no texts');
  const named = single === undefined ? listed : [...listed, single];
  if (named.some((method) => method.startsWith('client_secret'))) return problem('it names a method with a secret'); // CID-08
  if (named.includes('private_key_jwt')) return 'private_key_jwt'; // CID-08, DEL-08
  if (named.includes('none')) return 'none';
  if (named.length > 0) return problem('it names no method that is supported');
  return document.jwks === undefined && document.jwks_uri === undefined ? 'none' : 'private_key_jwt';
}

function readKeys(
  { jwks, jwks_uri: jwksUri }: JsonObject,
  authMethod: ClientMetadataDocument['authMethod'],
  options: ClientMetadataOptions,
): Result<ClientMetadataDocument['keys'], ClientMetadataProblem> {
  if (jwks !== undefined && holdsPrivateKey(jwks)) return problem('it holds a private or symmetric key'); // CID-05
  if (authMethod === 'none') return ok(undefined);
  if (jwks !== undefined && jwksUri !== undefined) return problem('it has both jwks and jwks_uri');
  if (jwks !== undefined) return isJsonObject(jwks) ? ok({ jwks }) : problem('its jwks is no key set');
  if (typeof jwksUri !== 'string') return problem('it has no keys'); // CID-08
  const url = URL.parse(jwksUri);
  if (url === null || !isAllowedUrl(url, options) || url.username !== '')
    return problem('its jwks_uri is no https URL');
  return ok({ jwksUri });
}

const privateMembers = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'];

function holdsPrivateKey(jwks: JsonValue): boolean {
  const keys = isJsonObject(jwks) && Array.isArray(jwks.keys) ? (jwks.keys as readonly JsonValue[]) : [];
  return keys.some((key) => isJsonObject(key) && privateMembers.some((member) => key[member] !== undefined));
}

function isAllowedUrl({ protocol, hostname }: URL, options: ClientMetadataOptions): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && options.allowHttpLoopback === true && isLoopbackHost(hostname); // CID-06
}

function isName(text: string): boolean {
  return text.trim() !== '' && text.length <= longestName && !/\p{Cc}/u.test(text);
}

function isLink(value: JsonValue | undefined): boolean {
  if (value === undefined) return true;
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}

function texts(value: JsonValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > mostUris) return undefined;
  return value.every((one) => typeof one === 'string') ? (value as string[]) : undefined;
}

type Refused = { readonly ok: false; readonly refusal: ClientMetadataProblem };

function problem(sentence: string): Refused {
  return { ok: false, refusal: { problem: sentence } };
}
