import type { CrossgrantClient } from '../client.ts';
import { CrossgrantMisuse } from '../errors.ts';
import type { RecoveryOptions } from '../recovery-options.ts';
import { readChallenge } from '../resource-challenge.ts';

export { announceEnterpriseManaged, announceInMessage } from './announce.ts';

/** Which person, at which MCP server. */
export interface McpConnection extends RecoveryOptions {
  readonly session: string;
  /** The address of the MCP server, the same that the transport gets. */
  readonly url: string | URL;
  readonly scopes?: readonly string[];
}

/** The fetch of a transport of the official MCP client. */
export type TransportFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * A fetch for the transports of the official MCP client: every request of the transport goes out with the person's
 * access token, and all refusals are handled, those for scope and for step-up included.
 *
 * MCP 2026-07-28 authorization, MCP-EMA §3.
 */
export function crossgrantFetch(client: CrossgrantClient, connection: McpConnection): TransportFetch {
  const { session, url: server, ...options } = connection;
  return (url, init) => client.fetch(session, url, init, { ...options, resource: String(server) });
}

/** What the transport hands over after a 401. */
interface UnauthorizedContext {
  readonly response: Response;
}

/** The shape the official MCP client 2.x calls `AuthProvider`. */
export interface TransportAuthProvider {
  token(): Promise<string | undefined>;
  onUnauthorized(context: UnauthorizedContext): Promise<void>;
}

/**
 * The same as an auth provider, for transports whose fetch is taken. The transport retries once after a 401 and gives
 * up on demands for scope and step-up: prefer `crossgrantFetch`.
 */
export function crossgrantAuthProvider(client: CrossgrantClient, connection: McpConnection): TransportAuthProvider {
  const { url, ...rest } = connection;
  const request = { ...rest, resource: String(url) };
  let last: string | undefined;
  return {
    async token() {
      const { value, tokenType } = await client.accessToken(request);
      if (tokenType !== 'Bearer') throw cannotProve();
      last = value;
      return last;
    },
    async onUnauthorized({ response }) {
      if (last !== undefined) client.forgetAccessToken(request.session, last);
      await client.accessToken(request, readChallenge(response));
    },
  };
}

function cannotProve(): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/dpop-transport',
    'The transport cannot send proofs of a key: take crossgrantFetch, or leave dpop out for this server.',
  );
}
