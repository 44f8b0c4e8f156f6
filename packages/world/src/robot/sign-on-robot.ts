import { type CookieJar, createCookieJar } from './cookie-jar.ts';
import { readAlert, readForm, readTitle } from './sign-on-page.ts';

export interface SignOnRequest {
  readonly authorizeUrl: string;
  readonly username: string;
  readonly password: string;
  /** Cookies of an earlier sign-on; the same jar again signs on without a password, as a browser would. */
  readonly cookies?: CookieJar;
  readonly fetch?: typeof fetch;
}

/** The sign-on page said no, or led nowhere; the message is what a person would have read there. */
export class SignOnRefused extends Error {
  override readonly name = 'SignOnRefused';
}

const maxSteps = 12;
const stepTimeoutMs = 10_000;

/**
 * Signs a person on as a browser without script would: follows redirects by hand, keeps cookies, fills the form it is
 * shown once, and stops at the first redirect that leaves for the client's `redirect_uri`.
 *
 * Returns that callback URL, with its code or its error, unopened.
 */
export async function signOnAsPerson(request: SignOnRequest): Promise<string> {
  const start = new URL(request.authorizeUrl);
  const redirectUri = start.searchParams.get('redirect_uri');
  const cookies = request.cookies ?? createCookieJar();
  let hasTyped = false;
  let next: { url: URL; form?: URLSearchParams } = { url: start };
  for (let step = 0; step < maxSteps; step += 1) {
    const response = await visit(next, cookies, request.fetch ?? fetch);
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      const url = new URL(location, next.url);
      if (isCallback(url, start, redirectUri)) return url.href;
      next = { url };
      continue;
    }
    const html = await response.text();
    const form = readForm(html);
    if (form?.passwordField === undefined || hasTyped) {
      throw new SignOnRefused(
        readAlert(html) ?? `The sign-on page answered ${response.status}: ${readTitle(html) ?? 'no title'}`,
      );
    }
    const filled = new URLSearchParams(form.fields);
    if (form.usernameField !== undefined) filled.set(form.usernameField, request.username);
    filled.set(form.passwordField, request.password);
    hasTyped = true;
    next = { url: new URL(form.action, next.url), form: filled };
  }
  throw new SignOnRefused(`The sign-on did not end within ${maxSteps} steps.`);
}

async function visit(
  next: { url: URL; form?: URLSearchParams },
  cookies: CookieJar,
  fetchImpl: typeof fetch,
): Promise<Response> {
  const cookie = cookies.read(next.url);
  const headers: Record<string, string> = { accept: 'text/html' };
  if (cookie !== undefined) headers.cookie = cookie;
  if (next.form !== undefined) headers.origin = next.url.origin;
  const response = await fetchImpl(next.url, {
    method: next.form === undefined ? 'GET' : 'POST',
    headers,
    ...(next.form === undefined ? {} : { body: next.form }),
    redirect: 'manual',
    signal: AbortSignal.timeout(stepTimeoutMs),
  });
  cookies.store(next.url, response.headers.getSetCookie());
  return response;
}

function isCallback(url: URL, start: URL, redirectUri: string | null): boolean {
  if (redirectUri === null) return url.origin !== start.origin;
  const expected = new URL(redirectUri);
  return url.origin === expected.origin && url.pathname === expected.pathname;
}
