import { type JsonObject, parseStrictJsonObject } from '@crossgrant/protocol';
import type { ServerDeps } from '../deps.ts';
import { CrossgrantError, type CrossgrantErrorCode, TemporarilyUnavailable } from '../errors.ts';
import { rawResponse } from '../oauth-error.ts';
import { isBusy, retryAfterSeconds, sendPatiently } from '../patience.ts';

/** What a kind of document is called when it is missing or broken. */
export interface DocumentKind {
  readonly missing: CrossgrantErrorCode;
  readonly invalid: CrossgrantErrorCode;
}

/**
 * Reads the first document that is there. Only a 4xx means "not here": after anything else the next location is not
 * asked, because a server in trouble must not push the client to a place it did not mean.
 */
export async function readFirstDocument(
  deps: ServerDeps,
  locations: readonly string[],
  kind: DocumentKind,
): Promise<{ readonly location: string; readonly document: JsonObject }> {
  for (const location of locations) {
    const response = await sendPatiently(deps, () =>
      deps.outbound.send('discovery', location, { headers: { accept: 'application/json' } }),
    );
    const body = await response.text();
    if (response.status === 200) return { location, document: parseDocument(location, response, body, kind) };
    const cause = rawResponse(location, response, body);
    if (isBusy(response))
      throw new TemporarilyUnavailable('discovery', retryAfterSeconds(response, deps.clock()), { cause });
    if (response.status < 400 || response.status > 499) throw new CrossgrantError(kind.missing, 'discovery', { cause });
  }
  throw new CrossgrantError(kind.missing, 'discovery', { cause: { asked: locations } });
}

function parseDocument(location: string, response: Response, body: string, kind: DocumentKind): JsonObject {
  const parsed = parseStrictJsonObject(body);
  if (!parsed.ok)
    throw new CrossgrantError(kind.invalid, 'discovery', { cause: rawResponse(location, response, body) });
  return parsed.value;
}
