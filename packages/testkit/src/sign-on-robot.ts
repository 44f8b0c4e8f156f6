/** A page as the robot sees it: no script runs, nothing is loaded. */
export interface RobotPage {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly form: RobotForm | undefined;
  /** Text of the element with role="alert". */
  readonly alert: string | undefined;
}

export interface RobotForm {
  readonly action: URL;
  readonly method: 'GET' | 'POST';
  /** Inputs with their present values; buttons are left out. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Where a visit ended: a page, or a redirect that left the origin, which the robot reports and does not follow. */
export type RobotVisit =
  | { readonly kind: 'page'; readonly page: RobotPage }
  | { readonly kind: 'left'; readonly url: URL; readonly hops: readonly RobotHop[] };

export interface RobotHop {
  readonly url: URL;
  readonly status: number;
  readonly location: string | undefined;
  readonly setCookies: readonly string[];
}

export interface RobotRequest {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser of one person: cookies by host, redirects within an origin, forms. Made of `fetch` alone. */
export interface RobotBrowser {
  readonly cookies: Map<string, string>;
  /** Every response of the last visit. */
  hops(): readonly RobotHop[];
  visit(url: string | URL): Promise<RobotVisit>;
  submit(
    page: RobotPage,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<RobotVisit>;
  /** One request without following anything; cookies are sent and kept. */
  request(url: string | URL, request?: RobotRequest): Promise<Response>;
}

export function createRobotBrowser(): RobotBrowser {
  const cookies = new Map<string, string>();
  let hops: RobotHop[] = [];

  async function request(url: string | URL, init: RobotRequest = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('accept')) headers.set('accept', 'text/html');
    if (cookies.size > 0 && !headers.has('cookie'))
      headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { method: init.method ?? 'GET', headers, body: init.body, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line);
    hops.push({
      url: new URL(url),
      status: response.status,
      location: response.headers.get('location') ?? undefined,
      setCookies: response.headers.getSetCookie(),
    });
    return response;
  }

  async function follow(first: string | URL, init?: RobotRequest): Promise<RobotVisit> {
    hops = [];
    let url = new URL(first);
    let next = init;
    for (let count = 0; count < 15; count++) {
      const response = await request(url, next);
      next = undefined;
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null)
        return { kind: 'page', page: await readPage(url, response) };
      const target = new URL(location, url);
      await response.body?.cancel();
      if (target.origin !== url.origin) return { kind: 'left', url: target, hops };
      url = target;
    }
    throw new Error(`the robot was redirected too often, last to ${url.pathname}`);
  }

  return {
    cookies,
    hops: () => hops,
    request,
    visit: (url) => follow(url),
    submit(page, fields, headers = {}) {
      if (page.form === undefined) throw new Error(`no form on ${page.url.pathname}: ${page.alert ?? page.status}`);
      const values = new URLSearchParams({ ...page.form.fields, ...fields });
      if (page.form.method === 'GET') return follow(new URL(`?${values}`, page.form.action));
      return follow(page.form.action, {
        method: 'POST',
        body: values.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: page.url.origin, ...headers },
      });
    },
  };
}

/** Signs a person on at an authorization URL; returns the redirect to the app, which it does not open. */
export async function signOn(
  browser: RobotBrowser,
  authorizationUrl: string | URL,
  person: { username: string; password: string },
): Promise<URL> {
  let visit = await browser.visit(authorizationUrl);
  for (let pages = 0; visit.kind === 'page' && pages < 4; pages++) {
    const { page } = visit;
    if (page.alert !== undefined || page.form === undefined)
      throw new Error(`sign-on stopped: ${page.alert ?? page.status}`);
    const isAsked = 'password' in page.form.fields;
    visit = await browser.submit(page, isAsked ? person : {});
  }
  if (visit.kind === 'page') throw new Error(`sign-on ended on a page: ${visit.page.alert ?? visit.page.status}`);
  return visit.url;
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const equals = pair.indexOf('=');
  const name = pair.slice(0, equals).trim();
  const value = pair.slice(equals + 1).trim();
  const isGone = attributes.some((attribute) => /^\s*(max-age=0|expires=Thu, 01 Jan 1970)/i.test(attribute));
  if (isGone) cookies.delete(name);
  else cookies.set(name, value);
}

async function readPage(url: URL, response: Response): Promise<RobotPage> {
  const html = await response.text();
  const alert = /role="alert"[^>]*>([\s\S]*?)<\/div>/.exec(html)?.[1];
  return {
    url,
    status: response.status,
    headers: response.headers,
    html,
    form: readForm(url, html),
    alert: alert === undefined ? undefined : decode(alert.replace(/<[^>]*>/g, '')).trim(),
  };
}

function readForm(url: URL, html: string): RobotForm | undefined {
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/.exec(html);
  if (form === null) return undefined;
  const [, attributes = '', content = ''] = form;
  const fields: Record<string, string> = {};
  for (const [, input = ''] of content.matchAll(/<input\b([^>]*)>/g)) {
    const name = attribute(input, 'name');
    if (name !== undefined) fields[name] = attribute(input, 'value') ?? '';
  }
  const method = attribute(attributes, 'method')?.toUpperCase() === 'POST' ? 'POST' : 'GET';
  return { action: new URL(attribute(attributes, 'action') ?? '', url), method, fields };
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];
  return value === undefined ? undefined : decode(value);
}

function decode(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
