import { grantTypes } from '@crossgrant/protocol';
import type { CrossgrantClient } from '../client.ts';
import { CrossgrantError, CrossgrantMisuse } from '../errors.ts';
import type { IdJagGrant } from '../grant.ts';
import type { McpConnection } from '../mcp/index.ts';

export { announceEnterpriseManaged } from '../mcp/announce.ts';
export { crossgrantFetch, type McpConnection, type TransportFetch } from '../mcp/index.ts';

/** Tokens as the MCP client 1.x keeps them. */
interface SavedTokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number;
}

/** The shape that the MCP client 1.x calls `OAuthClientProvider`, without what managed authorization has no use for. */
export interface FirstOAuthProvider {
  readonly redirectUrl: undefined;
  readonly clientMetadata: { readonly redirect_uris: string[]; readonly scope?: string };
  clientInformation(): Promise<{ client_id: string; issuer: string }>;
  tokens(): Promise<{ access_token: string; token_type: string }>;
  saveTokens(tokens: SavedTokens): void;
  prepareTokenRequest(): Promise<URLSearchParams>;
  addClientAuthentication(
    headers: Headers,
    params: URLSearchParams,
    url: string | URL,
    metadata?: { readonly issuer?: string },
  ): Promise<void>;
  redirectToAuthorization(): never;
  saveCodeVerifier(): never;
  codeVerifier(): never;
}

/** A token is not handed out when it expires on the way. */
const marginMs = 30_000;

/**
 * An auth provider for the transports of `@modelcontextprotocol/sdk` 1.x. Prefer `crossgrantFetch`, which also answers
 * demands for scope and for a stronger sign-on, and binds tokens to keys; take this one where only an auth provider fits.
 *
 * The transport redeems the ID-JAG itself after a 401. The credentials are attached only to a request that goes to the
 * token endpoint of the authorization server the ID-JAG was made for, and no browser is ever opened.
 *
 * ID-JAG-04 §4.4, MCP-EMA §3, §5.
 */
export function crossgrantOAuthProvider(
  client: CrossgrantClient,
  connection: McpConnection,
  now: () => number = Date.now,
): FirstOAuthProvider {
  const { url, ...rest } = connection;
  const request = { ...rest, resource: String(url) };
  let grant: IdJagGrant | undefined;
  let isUsed = false;
  let last: { readonly value: string; readonly until: number } | undefined;

  return {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [], ...(rest.scopes === undefined ? {} : { scope: rest.scopes.join(' ') }) },
    async clientInformation() {
      grant ??= await client.requestIdJag(request);
      return { client_id: grant.clientId, issuer: grant.issuer };
    },
    async tokens() {
      if (last === undefined || last.until <= now()) {
        const { value, tokenType, renewAt } = await client.accessToken(request);
        if (tokenType !== 'Bearer') throw cannotProve();
        last = { value, until: renewAt };
      }
      return { access_token: last.value, token_type: 'Bearer' };
    },
    saveTokens({ access_token: value, token_type: type, expires_in: seconds = 120 }) {
      if (type.toLowerCase() !== 'bearer') throw cannotProve();
      last = { value, until: now() + seconds * 1000 - Math.min(marginMs, seconds * 200) };
    },
    async prepareTokenRequest() {
      if (last !== undefined) client.forgetAccessToken(request.session, last.value); // CLI-07
      last = undefined;
      if (isUsed || grant === undefined) grant = await client.requestIdJag(request); // CLI-05
      isUsed = true;
      return new URLSearchParams({ grant_type: grantTypes.jwtBearer, assertion: grant.idJag });
    },
    async addClientAuthentication(headers, params, endpoint, metadata) {
      const expected = grant?.tokenEndpoint;
      const isMeant = String(endpoint) === expected && metadata?.issuer === grant?.issuer;
      if (grant === undefined || !isMeant || params.get('assertion') !== grant.idJag)
        throw elsewhere(expected, endpoint); // CLI-04, CAU-07, ATK-14
      await grant.authenticate(headers, params);
    },
    redirectToAuthorization: refuseBrowser, // MCP-08
    saveCodeVerifier: refuseBrowser,
    codeVerifier: refuseBrowser,
  };
}

function refuseBrowser(): never {
  throw new CrossgrantError('browser_refused', 'redeem');
}

function cannotProve(): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/dpop-transport',
    'The transport cannot send proofs of a key: take crossgrantFetch, or leave dpop out for this server.',
  );
}

function elsewhere(expected: string | undefined, found: string | URL): CrossgrantError {
  return new CrossgrantError('issuer_mismatch', 'redeem', { cause: { expected, found: String(found) } });
}
