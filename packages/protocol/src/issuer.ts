import { isLoopbackHost } from './loopback.ts';
import { ok, type Result } from './result.ts';

declare const issuerUrl: unique symbol;

/** An issuer identifier. Always compared by code point, never normalised. */
export type IssuerUrl = string & { readonly [issuerUrl]: true };

export interface IssuerProblem {
  readonly problem: 'not-a-url' | 'not-canonical' | 'scheme' | 'query-or-fragment' | 'user-info';
}

export interface IssuerOptions {
  /** Development: `http` is allowed, but only on a loopback host. */
  readonly allowHttpLoopback?: boolean;
}

/**
 * Accepts an https URL without query, fragment and user info, written as a URL parser would write it. The text is kept
 * to the letter: `https://as.example` and `https://as.example/` stay two issuers.
 *
 * RFC 8414 §2, RFC 9207 §2.
 */
export function parseIssuerUrl(text: string, options: IssuerOptions = {}): Result<IssuerUrl, IssuerProblem> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return problem('not-a-url');
  if (!isAllowedScheme(url, options)) return problem('scheme'); // MET-05
  if (text.includes('?') || text.includes('#')) return problem('query-or-fragment'); // MET-05
  if (url.username !== '' || url.password !== '') return problem('user-info'); // MET-05, ATK-20
  if (url.href !== text && url.href !== `${text}/`) return problem('not-canonical'); // ATK-20
  return ok(text as IssuerUrl);
}

/**
 * The other spelling of an origin-only issuer: with a trailing slash, or without. Undefined for issuers with a path.
 * For aliases at an identity provider and opt-in tolerance; never for `iss`.
 */
export function trailingSlashAlias(issuer: string): string | undefined {
  if (!URL.canParse(issuer)) return undefined;
  const { origin, pathname } = new URL(issuer);
  if (pathname !== '/') return undefined;
  return issuer === origin ? `${origin}/` : issuer === `${origin}/` ? origin : undefined; // TEX-13
}

function isAllowedScheme(url: URL, options: IssuerOptions): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && options.allowHttpLoopback === true && isLoopbackHost(url.hostname);
}

function problem(kind: IssuerProblem['problem']): { readonly ok: false; readonly refusal: IssuerProblem } {
  return { ok: false, refusal: { problem: kind } };
}
