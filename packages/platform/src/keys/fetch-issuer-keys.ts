import { type JsonObject, parseStrictJson, wellKnownUrls } from '@crossgrant/protocol';
import { importJwks, type VerificationKey } from '@crossgrant/protocol/jws';
import type { GuardedFetch } from '../outbound/guarded-fetch.ts';

/** Where an issuer's keys come from: its own metadata, or a configured address. Never from a token. */
export type KeySource = { readonly issuer: string } | { readonly jwksUri: string };

export interface FetchedKeys {
  readonly keys: readonly VerificationKey[];
  readonly problems: readonly string[];
  /** How long the answer may be kept, as its server says. */
  readonly maxAgeSeconds: number | undefined;
}

/** Fetches the key set anew, through discovery when only the issuer is known. Throws when any step fails. */
export async function fetchIssuerKeys(source: KeySource, fetch: GuardedFetch): Promise<FetchedKeys> {
  const jwksUri = 'jwksUri' in source ? source.jwksUri : await discoverJwksUri(source.issuer, fetch);
  const answer = await fetch(jwksUri, { headers: { accept: 'application/jwk-set+json, application/json' } });
  if (answer.status !== 200) throw new Error(`the key set answered ${answer.status}`);
  const document = parseObject(answer.text, 'the key set');
  if (!Array.isArray(document.keys)) throw new Error('the key set has no array named keys');
  const { keys, problems } = importJwks(document);
  return { keys, problems, maxAgeSeconds: readMaxAge(answer.headers['cache-control']) };
}

/** Asks both well-known documents in turn. One whose `issuer` differs in a single character counts for nothing. */
async function discoverJwksUri(issuer: string, fetch: GuardedFetch): Promise<string> {
  const problems: unknown[] = [];
  const { openidSuffix, oauth, all } = wellKnownUrls(issuer);
  for (const url of new Set([openidSuffix, oauth, ...all])) {
    try {
      const answer = await fetch(url, { headers: { accept: 'application/json' } });
      if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
      const document = parseObject(answer.text, url);
      if (document.issuer !== issuer) throw new Error(`${url} speaks for another issuer`); // KEY-03
      if (typeof document.jwks_uri !== 'string') throw new Error(`${url} names no jwks_uri`);
      return document.jwks_uri;
    } catch (error) {
      problems.push(error);
    }
  }
  throw new AggregateError(problems, `no metadata of ${issuer} could be used`);
}

function parseObject(text: string, what: string): JsonObject {
  const parsed = parseStrictJson(text);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
    throw new Error(`${what} is not a strict JSON object`);
  }
  return parsed.value as JsonObject;
}

function readMaxAge(cacheControl: string | undefined): number | undefined {
  const found = /(?:^|[,\s])max-age=(\d{1,9})(?:$|[,\s])/i.exec(cacheControl ?? '');
  return found === null ? undefined : Number(found[1]);
}
