import { newId, ok, type Result, refuse } from '@crossgrant/protocol';
import type { AccountLinking } from '../directory/resource-directory.ts';
import type { Account, AccountLink, AccountLinkKey, NewAccount, ResourceStore } from '../store/resource-store.ts';
import { canonicalEmail, domainOf, type EmailAddress } from './email-address.ts';

/** What a verified assertion says about who the person is. */
export interface AssertedPerson {
  readonly key: AccountLinkKey;
  /** Account id here, as the issuer knows it. */
  readonly audSub?: string;
  readonly email?: string;
  /** Absent counts as verified only because the domain must be verified for the issuer as well. */
  readonly emailVerified?: unknown;
}

/** The account, and the way it was found; `email`, `aud_sub` and `jit` still have a link to store. */
export type Resolution =
  | { readonly how: 'link' | 'email' | 'aud_sub'; readonly account: Account }
  | { readonly how: 'jit'; readonly account: NewAccount };

type AccountLookUps = Pick<ResourceStore, 'findLink' | 'findAccount' | 'findAccountsByVerifiedEmail'>;

/**
 * Finds the local account of a person, reading only.
 *
 * A stored link decides alone. Without one, the ways that the trusted issuer is configured for are tried: the account id
 * the issuer names, a verified address, a new account. A link that was deactivated is not a missing link: it blocks
 * them all, so a person who was let go does not come back through provisioning.
 *
 * ID-JAG-04 §3.1, §6.3.
 */
export async function resolveAccount(
  person: AssertedPerson,
  linking: AccountLinking,
  store: AccountLookUps,
  now: number,
): Promise<Result<Resolution>> {
  const link = await store.findLink(person.key);
  if (link !== undefined) return throughLink(link, person, store);
  if (person.audSub !== undefined) return byAccountId(person.audSub, person, linking, store);

  const byEmail = linking.email ? await byVerifiedEmail(person, linking, store) : undefined; // SUB-08
  if (byEmail !== undefined) return byEmail;
  if (!linking.jit) return refuse('account/provisioning-off'); // SUB-09
  return ok({ how: 'jit', account: newAccountFor(person, now) });
}

async function throughLink(
  link: AccountLink,
  person: AssertedPerson,
  store: AccountLookUps,
): Promise<Result<Resolution>> {
  if (link.state !== 'active') return refuse('account/inactive', { link: 'deactivated' }); // ATK-65
  if (person.audSub !== undefined && person.audSub !== link.accountId) return refuse('account/link-conflict'); // SUB-07

  const account = await store.findAccount(link.customerId, link.accountId);
  if (account === undefined) return refuse('account/unresolved', { link: 'without account' });
  return ok({ how: 'link', account });
}

async function byAccountId(
  accountId: string,
  person: AssertedPerson,
  linking: AccountLinking,
  store: AccountLookUps,
): Promise<Result<Resolution>> {
  if (!linking.audSub) return refuse('account/unresolved', { audSub: 'not accepted from this issuer' }); // SUB-07
  const account = await store.findAccount(person.key.customerId, accountId);
  if (account === undefined) return refuse('account/unresolved', { audSub: 'no such account' });
  return ok({ how: 'aud_sub', account });
}

/** Undefined: the address proves nothing, and another way may be tried. */
async function byVerifiedEmail(
  person: AssertedPerson,
  linking: AccountLinking,
  store: AccountLookUps,
): Promise<Result<Resolution> | undefined> {
  const email = provenEmail(person, linking);
  if (email === undefined) return linking.jit ? undefined : refuse('account/email');

  const [account, ...others] = await store.findAccountsByVerifiedEmail(person.key.customerId, email);
  if (others.length > 0) return refuse('account/email', { matches: others.length + 1 }); // SUB-08
  if (account === undefined) return linking.jit ? undefined : refuse('account/email', { matches: 0 });
  return ok({ how: 'email', account });
}

function provenEmail(person: AssertedPerson, linking: AccountLinking): EmailAddress | undefined {
  const address = person.email === undefined ? undefined : canonicalEmail(person.email);
  if (address === undefined) return undefined;
  if (person.emailVerified !== undefined && person.emailVerified !== true) return undefined; // SUB-08, ATK-24
  if (!linking.verifiedDomains.includes(domainOf(address))) return undefined; // SUB-08, ATK-24
  return address;
}

function newAccountFor(person: AssertedPerson, now: number): NewAccount {
  return {
    accountId: newId('acc', now),
    customerId: person.key.customerId,
    state: 'active',
    createdAt: now,
    assertedEmail: person.email === undefined ? undefined : canonicalEmail(person.email),
  };
}
