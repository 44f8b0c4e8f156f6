import { formatScope, grantTypes, type JsonValue, notApplicable, tokenTypes } from '@crossgrant/protocol';
import * as oauth from 'oauth4webapi';
import type { ClientDeps } from './deps.ts';
import { findAuthorizationServer } from './discovery/authorization-server.ts';
import type { Target } from './discovery/target.ts';
import type { ProofKey } from './dpop.ts';
import { CrossgrantError } from './errors.ts';
import { type CheckedIdJag, checkIdJag, isWithin } from './id-jag-check.ts';
import type { SubjectToken } from './identity.ts';
import { askTokenEndpoint, causeOf, oauthClient, problemOf, responseOf, type TokenAnswer } from './token-endpoint.ts';
import { exchangeFailure } from './token-failures.ts';

/** An ID-JAG, and the scopes it was granted for as far as the identity provider told. */
export interface Exchanged {
  readonly idJag: CheckedIdJag;
  readonly scopes: readonly string[] | undefined;
}

/**
 * Trades the identity assertion for an ID-JAG at the pinned identity provider.
 *
 * ID-JAG-04 §4.3, MCP-EMA §4, RFC 8693 §2.
 */
export async function exchangeForIdJag(
  deps: ClientDeps,
  target: Target,
  subject: SubjectToken,
  scopes: readonly string[] | undefined,
  key: ProofKey | undefined,
): Promise<Exchanged> {
  const parameters: Record<string, string> = {
    requested_token_type: tokenTypes.idJag,
    audience: target.server.issuer, // MCP-01
    resource: target.resource, // MCP-02
    subject_token: subject.token,
    subject_token_type: subject.type,
  };
  if (scopes !== undefined && scopes.length > 0) parameters.scope = formatScope(scopes);

  const idp = await findAuthorizationServer(deps, deps.idp.issuer);
  const answer = await askTokenEndpoint(
    deps,
    'exchange',
    idp,
    deps.idp,
    (server, client, auth, options) =>
      oauth.genericTokenEndpointRequest(server, client, auth, grantTypes.tokenExchange, parameters, options),
    key,
  );
  if (answer.status !== 200) throw exchangeFailure(answer, deps.clock());
  return readExchange(deps, target, idp.metadata, answer, key);
}

async function readExchange(
  deps: ClientDeps,
  target: Target,
  idp: oauth.AuthorizationServer,
  answer: TokenAnswer,
  key: ProofKey | undefined,
): Promise<Exchanged> {
  const result = await processExchange(deps, idp, answer);
  if (result.issued_token_type !== tokenTypes.idJag) throw badResponse(answer, 'issued_token_type'); // CLI-02
  if (result.token_type !== notApplicable.toLowerCase()) throw badResponse(answer, 'token_type'); // CLI-02
  if (!isWithin(result.resource as JsonValue | undefined, target.resource)) throw widened(answer); // CLI-08

  const verdict = checkIdJag(result.access_token, {
    identityProvider: deps.idp.issuer,
    audience: target.server.issuer,
    clientId: target.credentials.clientId,
    resource: target.resource,
    thumbprint: key?.thumbprint,
  });
  if (!verdict.ok && verdict.claim === 'jwt') throw badResponse(answer, 'access_token');
  if (!verdict.ok && verdict.claim === 'cnf' && key !== undefined)
    throw new CrossgrantError('dpop_downgraded', 'exchange', { cause: { issuer: deps.idp.issuer } }); // ATK-34
  if (!verdict.ok)
    throw new CrossgrantError('id_jag_mismatch', 'exchange', { cause: { claim: verdict.claim, found: verdict.found } });
  return { idJag: verdict.idJag, scopes: result.scope?.split(' ') ?? verdict.idJag.scopes };
}

async function processExchange(
  deps: ClientDeps,
  idp: oauth.AuthorizationServer,
  answer: TokenAnswer,
): Promise<oauth.TokenEndpointResponse> {
  try {
    const response = responseOf(answer, withTokenType(deps, answer.body));
    return await oauth.processGenericTokenEndpointResponse(idp, oauthClient(deps, deps.idp), response, {
      recognizedTokenTypes: { n_a: () => undefined },
    });
  } catch (error) {
    throw new CrossgrantError('exchange_response_invalid', 'exchange', { cause: problemOf(error) });
  }
}

/** RFC 8693 requires `token_type`; an answer that lacks it and is right otherwise is tolerated, and reported. */
function withTokenType(deps: ClientDeps, body: string): string {
  const members = JSON.parse(body) as Record<string, unknown>;
  if (members.token_type !== undefined) return body;
  deps.warn({ code: 'token_type_absent', detail: { issuer: deps.idp.issuer } });
  return JSON.stringify({ ...members, token_type: notApplicable });
}

function badResponse(answer: TokenAnswer, member: string): CrossgrantError {
  const { cause } = causeOf(answer);
  return new CrossgrantError('exchange_response_invalid', 'exchange', { cause: { member, response: cause } });
}

function widened(answer: TokenAnswer): CrossgrantError {
  return new CrossgrantError('resource_widened', 'exchange', causeOf(answer));
}
