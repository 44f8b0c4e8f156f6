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
  if (scheme !== 'bearer' && scheme !== 'dpop') return refuse('bearer/scheme'); // MET-10, LES-86, LES-32

  const token = value.slice(blank + 1);
  if (!isToken68(token)) return refuse('bearer/malformed'); // MCP-13, LES-29
  return ok({ scheme, token });
}

function hasTokenInQuery(query: string | undefined): boolean {
  if (query === undefined || query === '') return false;
  return new URLSearchParams(query).has('access_token');
}

/** `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, without backtracking. */
function isToken68(text: string): boolean {
  if (text.length === 0 || text.length > maximumCharacters) return false;
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x3d) end--;
  for (let at = 0; at < end; at++) if (!isToken68Unit(text.charCodeAt(at))) return false;
  return end > 0;
}

function isToken68Unit(unit: number): boolean {
  if (unit >= 0x61 && unit <= 0x7a) return true;
  if (unit >= 0x41 && unit <= 0x5a) return true;
  if (unit >= 0x2d && unit <= 0x39) return true;
  return unit === 0x5f || unit === 0x7e || unit === 0x2b;
}
