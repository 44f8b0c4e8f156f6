import type { GuardedFetch } from '@crossgrant/platform';
import { KeysUnavailable } from '@crossgrant/platform';
import {
  type AccessTokenClaims,
  type Clock,
  checkAccessTokenPayload,
  formatBasic,
  formatForm,
  type JsonObject,
  parseStrictJsonObject,
  type Result,
  refuse,
  toSeconds,
} from '@crossgrant/protocol';
import { createVerdictCache, type VerdictCache, verdictKey } from './verdict-cache.ts';
import type { TokenVerifier } from './verify-access-token.ts';

export interface IntrospectionDeps {
  readonly resource: string;
  readonly authorizationServer: string;
  readonly endpoint: string;
  readonly clientId: string;
  readonly secret: string;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly skewSeconds: number;
  /** How long an answer counts; a revoked token works no longer than this. */
  readonly cacheSeconds: number;
  readonly maximumVerdicts: number;
}

/** An answer of the endpoint. An inactive token says nothing about itself. */
interface Answer {
  readonly body: JsonObject | undefined;
  readonly until: number;
}

const responseBytes = 16_384;

/**
 * Verifies access tokens by asking the authorization server: for opaque tokens, and where a revocation must be seen within
 * seconds. Claims of an active token are judged like those of a signed one, at every use.
 *
 * RFC 7662 §2.
 */
export function createIntrospectingVerifier(deps: IntrospectionDeps): TokenVerifier {
  const answers = createVerdictCache<Answer>(deps.maximumVerdicts);

  return async function introspectAccessToken(token, provenKey) {
    const body = await activeBody(token, answers, deps);
    if (body === undefined) return refuse('bearer/inactive'); // RSV-06
    return judge(body, provenKey, deps);
  };
}

async function activeBody(
  token: string,
  answers: VerdictCache<Answer>,
  deps: IntrospectionDeps,
): Promise<JsonObject | undefined> {
  const key = verdictKey(token, deps.resource);
  const known = answers.find(key);
  if (known !== undefined && known.until > deps.clock()) return known.body;

  const body = await ask(token, deps);
  answers.keep(key, { body, until: deps.clock() + deps.cacheSeconds * 1_000 });
  return body;
}

async function ask(token: string, deps: IntrospectionDeps): Promise<JsonObject | undefined> {
  const response = await deps.fetch(deps.endpoint, {
    method: 'POST',
    headers: {
      authorization: formatBasic(deps.clientId, deps.secret), // RSV-06
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: formatForm([
      ['token', token],
      ['token_type_hint', 'access_token'],
    ]),
    maxBytes: responseBytes,
  });
  if (response.status !== 200) throw new KeysUnavailable(`Introspection answered ${response.status}`); // RSV-06, LES-86
  const parsed = parseStrictJsonObject(response.text);
  if (!parsed.ok) throw new KeysUnavailable('Introspection answered no JSON object');
  return parsed.value.active === true ? parsed.value : undefined; // RSV-06
}

function judge(body: JsonObject, provenKey: string | undefined, deps: IntrospectionDeps): Result<AccessTokenClaims> {
  const nowSeconds = toSeconds(deps.clock());
  const { iss, iat, jti, ...rest } = body;
  const payload = { ...rest, iss: iss ?? deps.authorizationServer, iat: iat ?? nowSeconds, jti: jti ?? 'none' };
  return checkAccessTokenPayload(payload, {
    issuer: deps.authorizationServer,
    resource: deps.resource,
    nowSeconds,
    skewSeconds: deps.skewSeconds,
    provenKey, // RSV-03
  });
}
