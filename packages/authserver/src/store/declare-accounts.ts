import { type AuditEntry, Misuse } from '@crossgrant/platform';
import type { Clock, JsonObject } from '@crossgrant/protocol';
import { canonicalEmail, defaultCustomer, type EmailAddress, type ResourceStore } from '@crossgrant/resource';
import type { AccountConfig, AuthServerConfig } from '../config.ts';
import { configurationEntry } from './configuration-entry.ts';

/** An account of the configuration with everything that names it settled. */
export interface StatedAccount extends Pick<AccountConfig, 'state' | 'scopes'> {
  readonly customerId: string;
  readonly accountId: string;
  readonly email: EmailAddress | undefined;
  readonly emailVerified: boolean;
  readonly links: readonly { readonly issuer: string; readonly tenant: string; readonly subject: string }[];
}

/** The configured accounts. One without an `id` is known by its address, so a restart finds it again. */
export function statedAccounts({ customers = [], accounts = [] }: AuthServerConfig): readonly StatedAccount[] {
  const onlyCustomer = customers.length === 0 ? defaultCustomer : customers.length === 1 ? customers[0]?.id : undefined;
  return accounts.map((account) => {
    const customerId = account.customer ?? onlyCustomer;
    if (customerId === undefined)
      throw new Misuse(
        'account/customer',
        `The account ${account.id ?? account.email ?? ''} names no customer, and there are several.`,
      );
    return statedAccount(account, customerId);
  });
}

function statedAccount(account: AccountConfig, customerId: string): StatedAccount {
  const email = account.email === undefined ? undefined : canonicalEmail(account.email);
  if (account.email !== undefined && email === undefined)
    throw new Misuse('account/email', `${JSON.stringify(account.email)} is no e-mail address.`);
  const accountId = account.id ?? email;
  if (accountId === undefined) throw new Misuse('account/id', 'An account needs an id or an e-mail address.');
  const { state, scopes, emailVerified = false, links = [] } = account;
  return {
    customerId,
    accountId,
    state,
    scopes,
    email,
    emailVerified,
    links: links.map(({ issuer, tenant = '', subject }) => ({ issuer, tenant, subject })),
  };
}

/** Refuses a subject that is another account's already, before anything is written. */
export async function checkLinks(accounts: readonly StatedAccount[], store: ResourceStore): Promise<void> {
  for (const { customerId, accountId, links } of accounts) {
    for (const link of links) {
      const known = await store.findLink({ customerId, ...link });
      if (known !== undefined && known.accountId !== accountId) throw linkTaken(accountId, link);
    }
  }
}

/** Creates the accounts with their addresses and links; whatever is new or another than before leaves an audit row. */
export async function declareAccounts(
  accounts: readonly StatedAccount[],
  { store, clock, scope }: { readonly store: ResourceStore; readonly clock: Clock; readonly scope: string },
): Promise<void> {
  for (const { customerId, accountId, state, scopes, email, emailVerified, links } of accounts) {
    const at = clock();
    const entry = (table: string, facts: JsonObject = {}): AuditEntry =>
      configurationEntry(scope, at, table, { customer: customerId, account: accountId, ...facts });

    const audit = entry('accounts', { state: state ?? null, scopes: scopes ?? null });
    await store.declareAccount({ customerId, accountId, state, scopes, at, audit });
    if (email !== undefined) {
      const audit = entry('account_emails', { verified: emailVerified });
      await store.addEmail({ customerId, accountId, email, verified: emailVerified, at, audit });
    }
    for (const link of links) {
      const audit = entry('account_links', { issuer: link.issuer, tenant: link.tenant });
      const linked = await store.linkAccount({ customerId, ...link }, accountId, at, audit);
      if (linked === 'taken') throw linkTaken(accountId, link);
    }
  }
}

function linkTaken(accountId: string, { issuer, subject }: StatedAccount['links'][number]): Misuse {
  return new Misuse(
    'account/link',
    `The subject ${subject} of ${issuer} is linked to another account than ${accountId}, or ${accountId} to another subject.`,
  );
}
