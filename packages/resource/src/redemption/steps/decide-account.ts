import { type IdJagClaims, intersect, ok, type Result, refuse, type ScopeSet } from '@crossgrant/protocol';
import { type Resolution, resolveAccount } from '../../accounts/resolve-account.ts';
import type { GovernedResource, ResourceDirectory, TrustedIssuer } from '../../directory/resource-directory.ts';
import type { Account, AccountLinkKey, ResourceStore } from '../../store/resource-store.ts';
import type { Received } from '../context.ts';
import { passed } from '../step.ts';
import type { Belonging } from './judge-claims.ts';

interface Subject extends Belonging, Pick<Received, 'now'> {
  readonly claims: IdJagClaims;
  readonly trusted: TrustedIssuer;
}

/** Reads who the person is here. Nothing is created or linked yet. ID-JAG-04 §3.1, §6.3. */
export async function resolveSubject(
  { claims, trusted, tenant, customerId, now }: Subject,
  { store }: { store: ResourceStore },
): Promise<Result<{ linkKey: AccountLinkKey; resolution: Resolution }>> {
  const linkKey = { customerId, issuer: trusted.issuer, tenant, subject: claims.subject }; // SUB-02, ATK-21
  const person = { key: linkKey, audSub: claims.audSub, email: claims.email, emailVerified: claims.emailVerified };
  const resolution = await resolveAccount(person, trusted.linking, store, now);
  if (!resolution.ok) return resolution; // RED-23
  return ok({ linkKey, resolution: resolution.value });
}

/** Local policy decides again, whatever the IdP decided. ID-JAG-04 §3. */
export function checkEntitlement(
  { resolution, customerId, scope }: { resolution: Resolution; customerId: string; scope: ScopeSet },
  { directory }: { directory: ResourceDirectory },
): Result<{ scope: ScopeSet }> {
  const { account } = resolution;
  if (directory.customer(customerId)?.state !== 'active') return refuse('account/not-entitled', { customerId }); // RED-24, LES-20
  if (account.state !== 'active') return refuse('account/inactive', { accountId: account.accountId }); // RED-24, LES-20
  const entitled = account.scopes === undefined ? scope : intersect(scope, account.scopes); // RED-19
  if (entitled.length === 0) return refuse('assertion/scope-empty', { accountId: account.accountId }); // RED-19
  return ok({ scope: entitled });
}

/** How long a watermark refuses an assertion that does not say when the person signed on. */
const unknownSignInRefusedForMs = 24 * 60 * 60_000;

/**
 * Nothing that was authenticated at or before the watermark counts. `iat` proves nothing here: an old sign-on yields new
 * assertions as long as its session lives. A clock that runs ahead within the tolerance does not put a sign-on after now.
 */
export function checkFreshness({
  resolution,
  claims,
  now,
}: Pick<Subject, 'claims' | 'now'> & { resolution: Resolution }): Result<object> {
  const { account } = resolution;
  if (!isFresh(account, claims, now)) return refuse('account/revoked', { accountId: account.accountId }); // RED-25
  return passed;
}

/** ≤ the configured life, and never beyond the session that the IdP vouches for. */
export function decideLifetime({
  resource,
  claims,
  nowSeconds,
}: Pick<Received, 'nowSeconds'> & { resource: GovernedResource; claims: IdJagClaims }): Result<{
  lifetimeSeconds: number;
}> {
  const untilSessionEnds = (claims.sessionExpiry ?? Number.POSITIVE_INFINITY) - nowSeconds;
  if (untilSessionEnds <= 0) return refuse('assertion/session-ended'); // RED-29, LES-21
  return ok({ lifetimeSeconds: Math.min(resource.accessTokenSeconds, untilSessionEnds) });
}

/**
 * Stores the account or the link that was decided, and judges once more if another request was quicker.
 *
 * It comes after every other check: a refused attempt leaves no account behind.
 */
export async function establishAccount(
  {
    resolution,
    linkKey,
    claims,
    now,
  }: Pick<Subject, 'claims' | 'now'> & { resolution: Resolution; linkKey: AccountLinkKey },
  { store }: { store: ResourceStore },
): Promise<Result<{ account: Account }>> {
  if (resolution.how === 'link') return ok({ account: resolution.account });
  if (resolution.how === 'jit') {
    const account = await store.createLinkedAccount(resolution.account, linkKey);
    if (account.state !== 'active') return refuse('account/inactive', { accountId: account.accountId });
    return isFresh(account, claims, now)
      ? ok({ account })
      : refuse('account/revoked', { accountId: account.accountId });
  }
  const linked = await store.linkAccount(linkKey, resolution.account.accountId, now);
  if (linked === 'taken') return refuse('account/link-conflict', { accountId: resolution.account.accountId }); // SUB-07, ATK-24
  return ok({ account: resolution.account });
}

function isFresh(account: Account, claims: IdJagClaims, now: number): boolean {
  const { revokedBefore } = account;
  if (revokedBefore === undefined) return true;
  if (claims.authTime === undefined) return now - revokedBefore >= unknownSignInRefusedForMs;
  if (Math.min(claims.authTime * 1000, now) <= revokedBefore) return false; // RED-25, REV-12, ATK-48, LES-75
  return true;
}
