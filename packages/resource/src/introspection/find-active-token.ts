import { formatScope, intersect, type ScopeSet, sameTyp, typs } from '@crossgrant/protocol';
import { defaultAlgorithms, parseCompactJws, type VerificationKey, verifyJws } from '@crossgrant/protocol/jws';
import { customerOf, mayActIn, mayVouchFor, openResource, scopesWithin, worksFor } from '../directory/reach.ts';
import type { ResourceDirectory, TrustedIssuer } from '../directory/resource-directory.ts';
import { isOpaqueToken, opaqueTokenHash } from '../redemption/opaque-token.ts';
import type { Account, IssuedToken, ResourceStore } from '../store/resource-store.ts';

export interface TokenLookUp {
  readonly issuer: string;
  readonly store: ResourceStore;
  readonly directory: ResourceDirectory;
  readonly verificationKeys: readonly VerificationKey[];
  readonly now: number;
}

/** The stored row of a token that was issued here, signed or opaque, whatever its state. The text counts as a whole, never a part of it. */
export async function findIssuedToken(
  text: string,
  look: Omit<TokenLookUp, 'directory' | 'now'>,
): Promise<IssuedToken | undefined> {
  if (isOpaqueToken(text)) return look.store.findOpaqueToken(opaqueTokenHash(text)); // RSV-06
  const parsed = parseCompactJws(text);
  if (!parsed.ok) return undefined;
  const verified = verifyJws(parsed.value, look.verificationKeys, defaultAlgorithms);
  if (!verified.ok) return undefined; // REV-02, LES-29
  const { header, payload } = verified.value;
  if (!sameTyp(header.typ, typs.accessToken) || payload.iss !== look.issuer) return undefined;
  return typeof payload.jti === 'string' ? look.store.findIssuedToken(payload.jti) : undefined;
}

/**
 * The token if it is live at this moment. Whatever it was derived from must be live as well: a child does not outlive its
 * client, its account, its link, its customer, or the trust in the issuer that vouched for it. Every ceiling of today
 * holds: the scope is what would be granted now, and nothing is left where that is nothing.
 *
 * RFC 7662 §2.2.
 */
export async function findActiveToken(text: string, look: TokenLookUp): Promise<IssuedToken | undefined> {
  const token = await findIssuedToken(text, look);
  if (token === undefined) return undefined;
  if (token.revokedAt !== undefined) return undefined; // REV-01, REV-02
  if (token.expiresAt <= look.now) return undefined; // REV-02
  const ceiling = ceilingOf(token, look.directory);
  if (ceiling === undefined) return undefined; // LES-20

  const { customerId, grantIssuer: issuer, grantTenant: tenant, grantSubject: subject } = token;
  const link = await look.store.findLink({ customerId, issuer, tenant, subject });
  if (link?.state !== 'active' || link.accountId !== token.accountId) return undefined; // LES-20
  const account = await look.store.findAccount(customerId, token.accountId);
  if (account?.state !== 'active') return undefined; // LES-20
  if (isBehindWatermark(token, account)) return undefined; // REV-12
  const entitled = account.scopes === undefined ? ceiling : intersect(ceiling, account.scopes); // LES-20
  if (entitled.length === 0) return undefined; // LES-20
  return { ...token, scope: formatScope(entitled) };
}

/** What the trust and the registrations of today leave of the scope; undefined where they no longer carry the token. */
function ceilingOf(token: IssuedToken, directory: ResourceDirectory): ScopeSet | undefined {
  const trusted = directory.trustedIssuer(token.grantIssuer);
  const client = directory.client(token.clientId);
  if (trusted?.state !== 'active') return undefined; // LES-20
  if (client?.state !== 'active') return undefined; // LES-20
  if (directory.customer(token.customerId)?.state !== 'active') return undefined; // LES-20
  if (!mayVouchFor(trusted, client)) return undefined; // LES-20
  if (!worksFor(client, token.customerId)) return undefined; // LES-20
  if (!stillBelongs(token, trusted)) return undefined; // LES-20
  const resource = openResource(token.audience, trusted, directory);
  if (resource === undefined) return undefined; // LES-20

  if (token.provenKey === undefined && (resource.dpopRequired || client.dpopRequired)) return undefined; // DPO-06
  const known = token.scope.split(' ').filter((scope) => resource.scopes.includes(scope)); // LES-20
  const granted = scopesWithin(token, known, resource, Math.floor(token.issuedAt / 1000)); // STP-06, LES-20
  return client.scopes === undefined ? granted : intersect(granted, client.scopes); // LES-20
}

/** Whether a person of this issuer and tenant still belongs to the customer of the token. */
function stillBelongs({ customerId, grantTenant }: IssuedToken, trusted: TrustedIssuer): boolean {
  if (trusted.tenant.mode === 'single' && (trusted.tenant.pin ?? '') !== grantTenant) return false;
  return customerOf(trusted, grantTenant) === customerId || mayActIn(trusted, customerId);
}

function isBehindWatermark(token: IssuedToken, account: Account): boolean {
  if (account.revokedBefore === undefined) return false;
  const { authTime, issuedAt } = token;
  const authenticatedAt = authTime === undefined ? issuedAt : Math.min(authTime * 1000, issuedAt); // REV-12
  return authenticatedAt <= account.revokedBefore;
}
