import { Misuse } from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import { canonicalEmail, defaultCustomer, type ResourceStore } from '@crossgrant/resource';
import type { AccountConfig, AuthServerConfig } from '../config.ts';

/**
 * Creates the configured accounts with their addresses and links. An account without an `id` is known by its address,
 * so a restart finds it again.
 */
export async function declareAccounts(config: AuthServerConfig, store: ResourceStore, clock: Clock): Promise<void> {
  const customers = config.customers ?? [];
  const onlyCustomer = customers.length === 0 ? defaultCustomer : customers.length === 1 ? customers[0]?.id : undefined;
  for (const account of config.accounts ?? []) {
    const customerId = account.customer ?? onlyCustomer;
    if (customerId === undefined)
      throw new Misuse(
        'account/customer',
        `The account ${account.id ?? account.email ?? ''} names no customer, and there are several.`,
      );
    await declareOne(account, customerId, store, clock());
  }
}

async function declareOne(
  account: AccountConfig,
  customerId: string,
  store: ResourceStore,
  now: number,
): Promise<void> {
  const email = account.email === undefined ? undefined : canonicalEmail(account.email);
  if (account.email !== undefined && email === undefined)
    throw new Misuse('account/email', `${JSON.stringify(account.email)} is no e-mail address.`);
  const accountId = account.id ?? email;
  if (accountId === undefined) throw new Misuse('account/id', 'An account needs an id or an e-mail address.');

  const stated = { customerId, accountId, state: account.state, scopes: account.scopes, at: now };
  await store.declareAccount(stated);
  if (email !== undefined) {
    await store.addEmail({ customerId, accountId, email, verified: account.emailVerified === true, at: now });
  }
  for (const { issuer, tenant = '', subject } of account.links ?? []) {
    const linked = await store.linkAccount({ customerId, issuer, tenant, subject }, accountId, now);
    if (linked === 'taken')
      throw new Misuse(
        'account/link',
        `The subject ${subject} of ${issuer} is linked to another account than ${accountId}, or ${accountId} to another subject.`,
      );
  }
}
