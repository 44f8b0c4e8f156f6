import { grantTypes, type JsonValue } from '@crossgrant/protocol';
import * as oauth from 'oauth4webapi';
import type { ClientDeps } from './deps.ts';
import type { Target } from './discovery/target.ts';
import type { ProofKey } from './dpop.ts';
import { CrossgrantError } from './errors.ts';
import type { Exchanged } from './exchange.ts';
import { isWithin } from './id-jag-check.ts';
import { askTokenEndpoint, causeOf, oauthClient, problemOf, responseOf, type TokenAnswer } from './token-endpoint.ts';
import { redemptionFailure } from './token-failures.ts';

/** What the resource authorization server granted. */
export interface Redeemed {
  readonly value: string;
  readonly tokenType: 'Bearer' | 'DPoP';
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** From here on a new token is fetched before the next use. */
  readonly renewAt: number;
  readonly scopes: readonly string[] | undefined;
}

/** Lifetime assumed when the server does not tell: short, because nobody promised more. */
const assumedSeconds = 120;

/** A token is renewed this long before it expires, so that it does not expire on the way. */
const renewBeforeMs = 30_000;

/**
 * Redeems an ID-JAG for an access token, at the one server it was made for.
 *
 * A refresh token in the answer is ignored: renewal is a new ID-JAG, so that the policy of the enterprise is asked
 * again.
 *
 * ID-JAG-04 §4.4, MCP-EMA §5, RFC 7523 §2.1.
 */
export async function redeemIdJag(
  deps: ClientDeps,
  target: Target,
  exchanged: Exchanged,
  key: ProofKey | undefined,
): Promise<Redeemed> {
  const { server, credentials } = target;
  if (exchanged.idJag.audience !== server.issuer) throw wrongAudience(exchanged, target); // CLI-04, ATK-14
  const parameters = { assertion: exchanged.idJag.token };
  const sentAt = deps.clock();
  const answer = await askTokenEndpoint(
    deps,
    'redeem',
    server,
    credentials,
    (metadata, client, auth, options) =>
      oauth.genericTokenEndpointRequest(metadata, client, auth, grantTypes.jwtBearer, parameters, options),
    key,
  );
  if (answer.status !== 200) throw redemptionFailure(answer, deps.clock());

  const result = await processRedemption(deps, target, responseOf(answer));
  const isBound = result.token_type === 'dpop';
  if (key !== undefined && !isBound) throw downgraded(target); // ATK-34
  if (key === undefined && result.token_type !== 'bearer') throw notABearerToken(result.token_type); // ATK-34
  if (!isWithin(result.resource as JsonValue | undefined, target.resource)) throw widened(answer); // CLI-08
  const lifetimeMs = (result.expires_in ?? assumedSeconds) * 1000;
  return {
    value: result.access_token,
    tokenType: isBound ? 'DPoP' : 'Bearer',
    expiresAt: sentAt + lifetimeMs,
    renewAt: sentAt + lifetimeMs - Math.min(renewBeforeMs, lifetimeMs / 5),
    scopes: result.scope?.split(' ') ?? exchanged.scopes,
  };
}

async function processRedemption(
  deps: ClientDeps,
  target: Target,
  response: Response,
): Promise<oauth.TokenEndpointResponse> {
  try {
    const client = oauthClient(deps, target.credentials);
    return await oauth.processGenericTokenEndpointResponse(target.server.metadata, client, response);
  } catch (error) {
    throw new CrossgrantError('token_response_invalid', 'redeem', { cause: problemOf(error) });
  }
}

function wrongAudience(exchanged: Exchanged, target: Target): CrossgrantError {
  const cause = { expected: target.server.issuer, found: exchanged.idJag.audience };
  return new CrossgrantError('id_jag_mismatch', 'redeem', { cause });
}

function downgraded(target: Target): CrossgrantError {
  return new CrossgrantError('dpop_downgraded', 'redeem', { cause: { issuer: target.server.issuer } });
}

function notABearerToken(found: string): CrossgrantError {
  return new CrossgrantError('token_response_invalid', 'redeem', { cause: { member: 'token_type', found } });
}

function widened(answer: TokenAnswer): CrossgrantError {
  return new CrossgrantError('resource_widened', 'redeem', causeOf(answer));
}
