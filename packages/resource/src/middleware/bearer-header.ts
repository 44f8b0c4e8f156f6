import { ok, type PlainHeaders, type Result, refuse } from '@crossgrant/protocol';

/** Longest token that is looked at. */
const maximumCharacters = 16_384;

export interface BearerRequest {
  readonly headers: PlainHeaders;
  readonly method?: string;
  readonly path?: string;
  /** The query string, with or without `?`. */
  readonly query?: string;
}

export interface PresentedToken {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
}

/**
 * The access token of a request: from one Authorization header with the scheme Bearer or DPoP, and from nowhere else.
 *
 * RFC 6750 §2.1, RFC 9449 §7.1, MCP 2026-07-28 authorization.
 */
export function readAccessToken(request: BearerRequest): Result<PresentedToken> {
  if (hasTokenInQuery(request.query)) return refuse('bearer/in-query'); // MCP-11
  const values = request.headers.all('authorization');
  const value = values[0];
  if (value === undefined) return refuse('bearer/missing'); // MET-10, LES-86
  if (values.length > 1) return refuse('bearer/malformed'); // MCP-13, LES-86
  const blank = value.indexOf(' ');
  const scheme = value.slice(0, blank).toLowerCase();
  if (scheme !== 'bearer' && scheme !== 'dpop') return refuse('bearer/scheme'); // MET-10, LES-86

  const token = value.slice(blank + 1);
  if (!isToken68(token)) return refuse('bearer/malformed'); // MCP-13, LES-29
  return ok({ scheme, token });
}

function hasTokenInQuery(query: string | undefined): boolean {
  if (query === undefined || query === '') return false;
  return new URLSearchParams(query).has('access_token');
}

/** Every character has one place it can match at, so there is nothing to go back to. */
const token68 = /^[A-Za-z0-9._~+/-]+=*$/;

function isToken68(text: string): boolean {
  return text.length <= maximumCharacters && token68.test(text);
}
