import { type AccessRequest, type ChallengeHint, prepare, withRecovery } from './access-token.ts';
import { conceal } from './concealed.ts';
import type { ClientDeps } from './deps.ts';
import { exchangeForIdJag } from './exchange.ts';
import { currentSubject } from './identity.ts';
import { oauthClient } from './token-endpoint.ts';

/** An ID-JAG for somebody else to redeem, with all that is needed for that and nothing for another server. */
export interface IdJagGrant {
  readonly idJag: string;
  /** The one server it is for. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  /** Attaches the credentials of the client at that server to a request for its token endpoint. */
  authenticate(headers: Headers, parameters: URLSearchParams): Promise<void>;
}

/**
 * Asks for an ID-JAG and does not redeem it. Each is redeemed once; ask for another to redeem again.
 *
 * ID-JAG-04 §4.3, §4.4.
 */
export async function requestIdJag(
  deps: ClientDeps,
  request: AccessRequest,
  hint?: ChallengeHint,
): Promise<IdJagGrant> {
  const { memory, session, target, scopes, proofKey } = await prepare(deps, request, hint);
  const exchanged = await withRecovery(deps, request, memory, { session, scopes }, async (attempt) => {
    const subject = await currentSubject(deps, attempt.session, attempt.subject ?? deps.subject);
    return exchangeForIdJag(deps, target, subject, attempt.scopes, proofKey);
  });
  const { server, credentials } = target;
  const grant: IdJagGrant = {
    idJag: exchanged.result.idJag.token,
    issuer: server.issuer,
    tokenEndpoint: server.metadata.token_endpoint as string,
    clientId: credentials.clientId,
    authenticate: async (headers, parameters) =>
      credentials.auth.apply(server.metadata, oauthClient(deps, credentials), parameters, headers),
  };
  return conceal(grant, ['idJag']);
}
