/** What the server said, for a debugger. Tokens are cut out of the body before it gets here. */
export interface RawResponse {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An OAuth error response, parsed. Unknown members are dropped. */
export interface OAuthErrorBody {
  readonly error: string;
  readonly errorDescription?: string;
  readonly errorUri?: string;
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
  /** The id of the decision, which names the same event in log, audit and explain page. */
  readonly decisionId?: string;
  /** The page about the decision. Only web addresses get here. */
  readonly decisionUrl?: string;
}

/**
 * Reads the body of an error response of a token endpoint, or nothing if it is not one.
 *
 * RFC 6749 §5.2, RFC 9470 §3.
 */
export function parseOAuthError(body: string): OAuthErrorBody | undefined {
  const members = parseObject(body);
  const error = textOf(members?.error);
  if (members === undefined || error === undefined) return undefined;

  const errorDescription = textOf(members.error_description);
  const errorUri = textOf(members.error_uri);
  return withoutUndefined({
    error,
    errorDescription,
    errorUri,
    acrValues: wordsOf(members.acr_values),
    maxAge: secondsOf(members.max_age),
    decisionId: decisionIdOf(errorUri, errorDescription),
    decisionUrl: webAddress(errorUri),
  });
}

/** Space-separated words, or nothing. */
export function wordsOf(value: unknown): readonly string[] | undefined {
  const words = textOf(value)
    ?.split(' ')
    .filter((word) => word !== '');
  return words === undefined || words.length === 0 ? undefined : words;
}

/** A number of seconds; servers send it as a number in JSON and as text in a challenge. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0 ? seconds : undefined;
}

/** The response as plain data for `cause`; `body` has been read already. */
export function rawResponse(url: string, response: Response, body: string): RawResponse {
  const headers: Record<string, string> = {};
  for (const name of ['content-type', 'retry-after', 'www-authenticate']) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { url: withoutQuery(url), status: response.status, headers, body: withoutTokens(body).slice(0, 4096) };
}

const secretMembers =
  /("(?:access_token|refresh_token|id_token|assertion|subject_token|client_secret|code)"\s*:\s*)"[^"]*"/g;
const jwtShaped = /eyJ[\w-]{4,}(?:\.[\w-]*){0,4}/g;

/** Cuts tokens out of a text that may end in a log. */
export function withoutTokens(text: string): string {
  const masked = text.replace(secretMembers, '$1"[token]"');
  return masked.replace(jwtShaped, '[token]'); // ATK-60, CLI-01, DEL-02
}

export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

function decisionIdOf(errorUri: string | undefined, description: string | undefined): string | undefined {
  const fromUri = errorUri === undefined ? undefined : /\/([a-z]{3}_[A-Za-z0-9]+)$/.exec(withoutQuery(errorUri))?.[1];
  return fromUri ?? /[([]([a-z]{3}_[A-Za-z0-9]+)[)\]]/.exec(description ?? '')?.[1];
}

function webAddress(text: string | undefined): string | undefined {
  const url = text === undefined || !URL.canParse(text) ? undefined : new URL(text);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? text : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
