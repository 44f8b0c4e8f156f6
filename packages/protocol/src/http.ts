/** Look-up of request headers by lower-case name. `all` keeps repetitions apart, which strict readers need. */
export interface PlainHeaders {
  get(name: string): string | undefined;
  all(name: string): readonly string[];
}

/** A request as plain data: what every handler reads, whatever server stands around it. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: PlainHeaders;
  readonly body: string;
  readonly remoteAddress: string;
}

export interface PlainResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export type PlainHandler = (request: PlainRequest) => Promise<PlainResponse>;

/**
 * A JSON response that no cache keeps, unless the caller overrides `cache-control`.
 *
 * RFC 6749 §5.1, RFC 8693 §2.2.1.
 */
export function jsonResponse(status: number, body: unknown, headers?: Record<string, string>): PlainResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store', // TEX-20, RED-27
      pragma: 'no-cache',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

/** Headers from name-value pairs; names are folded to lower case, repetitions are kept in order. */
export function plainHeaders(pairs: Iterable<readonly [string, string]>): PlainHeaders {
  const values = new Map<string, string[]>();

  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const present = values.get(key);
    if (present === undefined) values.set(key, [value]);
    else present.push(value);
  }
  return {
    get: (name) => values.get(name)?.[0],
    all: (name) => values.get(name) ?? [],
  };
}
