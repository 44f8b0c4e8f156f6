/** The cookies one robot browser holds. Cookies ignore ports (RFC 6265 §8.5), so they are kept by host name and path. */
export interface CookieJar {
  read(url: URL): string | undefined;
  store(url: URL, setCookieHeaders: readonly string[]): void;
}

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, Cookie>();
  return {
    read(url) {
      const found = [...cookies.values()].filter(
        (cookie) => cookie.host === url.hostname && pathMatches(url.pathname, cookie.path),
      );
      if (found.length === 0) return undefined;
      return found
        .sort((a, b) => b.path.length - a.path.length)
        .map((cookie) => `${cookie.name}=${cookie.value}`)
        .join('; ');
    },
    store(url, setCookieHeaders) {
      for (const header of setCookieHeaders) {
        const { cookie, isExpired } = parseSetCookie(url, header);
        const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
        if (isExpired) cookies.delete(key);
        else cookies.set(key, cookie);
      }
    },
  };
}

function parseSetCookie(url: URL, header: string): { cookie: Cookie; isExpired: boolean } {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const [name, value] = splitOnce(pair);
  let path = defaultPath(url.pathname);
  let isExpired = false;
  for (const attribute of attributes) {
    const [key, text] = splitOnce(attribute);
    if (key.toLowerCase() === 'path' && text.startsWith('/')) path = text;
    if (key.toLowerCase() === 'max-age' && Number(text) <= 0) isExpired = true;
    if (key.toLowerCase() === 'expires' && Date.parse(text) <= Date.now()) isExpired = true;
  }
  return { cookie: { host: url.hostname, path, name, value }, isExpired };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function defaultPath(pathname: string): string {
  const lastSlash = pathname.lastIndexOf('/');
  return lastSlash <= 0 ? '/' : pathname.slice(0, lastSlash);
}

function pathMatches(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
