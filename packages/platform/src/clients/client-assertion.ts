import {
  type AcceptedClientAssertion,
  acceptance,
  checkClientAssertion,
  claimedClient,
  limits,
  ok,
  type PresentedCredentials,
  type Result,
  refuse,
} from '@crossgrant/protocol';
import {
  defaultAlgorithms,
  namedAlgorithm,
  type ParsedJws,
  parseCompactJws,
  verifyJws,
} from '@crossgrant/protocol/jws';
import type { AuditEntry } from '../audit/audit-entry.ts';
import type { ProofUse } from '../commit/commit-request.ts';
import type { IssuerKeys } from '../keys/issuer-keys.ts';

/** An assertion that can be read. Nothing of it is proven; the client id is good for finding keys alone. */
export interface ReadClientAssertion {
  readonly jws: ParsedJws;
  readonly clientId: string;
}

/** What a server knows of a client that signs its assertions. */
export interface AssertingClient {
  readonly clientId: string;
  readonly keys: IssuerKeys;
  /** The URL of this server's token endpoint counts as audience too; for clients that know no better. */
  readonly tokenEndpointAudience: boolean;
}

export interface AssertionVerifier {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly nowSeconds: number;
}

/** The replay records of client assertions, at every endpoint of a server and for every grant. */
const clientAssertionKind = 'client-assertion';

/** Which client an assertion claims to come from. RFC 7521 §4.2, RFC 7523 §3. */
export function readClientAssertion(
  presented: Extract<PresentedCredentials, { method: 'private_key_jwt' }>,
): Result<ReadClientAssertion> {
  const parsed = parseCompactJws(presented.assertion);
  if (!parsed.ok) return refuse('client/assertion-malformed', { problem: parsed.refusal.problem }); // CAU-01
  const clientId = claimedClient(parsed.value.payload, presented.clientId);
  return clientId.ok ? ok({ jws: parsed.value, clientId: clientId.value }) : clientId;
}

/**
 * Verifies an assertion with the keys registered for the client, and judges it for this server alone. What remains is its
 * use, once: see `assertionUse`. Throws KeysUnavailable where the client's keys are not known.
 *
 * RFC 7523 §3, draft-ietf-oauth-rfc7523bis-11.
 */
export async function verifyClientAssertion(
  { jws, clientId }: ReadClientAssertion,
  client: AssertingClient,
  server: AssertionVerifier,
): Promise<Result<AcceptedClientAssertion>> {
  const { kid } = jws.header;
  const alg = namedAlgorithm(jws.header.alg);
  if (client.clientId !== clientId) return refuse('client/unknown');
  if (alg === undefined) return refuse('client/assertion-signature', { problem: 'algorithm' });
  const keys = await client.keys.find(typeof kid === 'string' ? kid : undefined, alg); // KEY-06
  const verified = verifyJws(jws, keys, defaultAlgorithms);
  if (!verified.ok) return refuse('client/assertion-signature', { problem: verified.refusal.problem }); // CAU-01, LES-28
  return checkClientAssertion(verified.value, {
    clientId,
    issuer: server.issuer,
    nowSeconds: server.nowSeconds,
    skewSeconds: limits.skewSeconds,
    alsoAudience: client.tokenEndpointAudience ? server.tokenEndpoint : undefined, // CAU-02
  });
}

/**
 * The record that makes an assertion count once, whichever endpoint sees it first. It names the client, since two clients
 * may make the same `jti`.
 *
 * RFC 7523 §3 (7).
 */
export function assertionUse(
  { clientId, jti, expiresAt }: AcceptedClientAssertion,
  auditWhenUsed: AuditEntry,
): ProofUse {
  return {
    kind: clientAssertionKind,
    key: JSON.stringify([clientId, jti]),
    keepUntil: acceptance(expiresAt, limits.skewSeconds).keepUntil * 1000, // CAU-03
    whenUsed: { outcome: 'assertion-used', audit: auditWhenUsed },
  };
}
