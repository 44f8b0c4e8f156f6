import { type AuditEntry, changeScope, type Database } from '@crossgrant/platform';
import type { Kysely } from 'kysely';
import { isDeclared, takeDeclaration } from './declaration.ts';
import type {
  Account,
  AccountChange,
  AccountDeclaration,
  AccountEmail,
  AccountLinkKey,
  NewAccount,
} from './resource-store.ts';
import { accountFromRow } from './rows.ts';
import type { AccountRow, ResourceSchema } from './schema.ts';

type Accounts = Database<ResourceSchema>;
type Queries = Kysely<ResourceSchema>;
type Transaction = Parameters<Parameters<typeof changeScope<ResourceSchema, unknown>>[2]>[0];

/** Two first redemptions of one person may run at once: the link's key decides which account stays. */
export function createLinkedAccount(
  database: Accounts,
  scope: string,
  account: NewAccount,
  key: AccountLinkKey,
): Promise<Account> {
  return changeScope(database, scope, async (trx, epoch) => {
    if (!(await insertLink(trx, key, account.accountId, account.createdAt, epoch))) {
      return readLinkedAccount(trx, key);
    }
    await trx
      .insertInto('accounts')
      .values({
        customer_id: account.customerId,
        account_id: account.accountId,
        state: account.state,
        revoked_before: account.revokedBefore ?? null,
        scopes: account.scopes === undefined ? null : JSON.stringify(account.scopes),
        stated_state: null,
        stated_scopes: null,
        asserted_email: account.assertedEmail ?? null,
        created_at: account.createdAt,
        version: epoch,
      })
      .execute();
    return account;
  });
}

export function linkAccount(
  database: Accounts,
  scope: string,
  key: AccountLinkKey,
  accountId: string,
  at: number,
  audit?: AuditEntry,
): Promise<'linked' | 'taken'> {
  return changeScope(database, scope, async (trx, epoch, record) => {
    if (await insertLink(trx, key, accountId, at, epoch)) {
      if (audit !== undefined) record(audit); // ADM-04
      return 'linked';
    }
    const existing = await trx.selectFrom('account_links').select('account_id').where(sameLink(key)).executeTakeFirst();
    return existing?.account_id === accountId ? 'linked' : 'taken';
  });
}

export async function declareAccount(database: Accounts, scope: string, account: AccountDeclaration): Promise<void> {
  if (isDeclared(await readAccount(database.kysely as unknown as Queries, account), account)) return;
  await changeScope(database, scope, async (trx, epoch, record) => {
    const known = await readAccount(trx as unknown as Queries, account);
    const declared = { ...takeDeclaration(known, account), version: epoch };
    await trx
      .insertInto('accounts')
      .values({
        customer_id: account.customerId,
        account_id: account.accountId,
        revoked_before: null,
        asserted_email: null,
        created_at: account.at,
        ...declared,
      })
      .onConflict((conflict) => conflict.columns(['customer_id', 'account_id']).doUpdateSet(declared))
      .execute();
    if (account.audit !== undefined) record(account.audit); // ADM-04
  });
}

/** Verification only ever adds: an unverified mention of a verified address changes nothing. */
export async function addEmail(database: Accounts, scope: string, email: AccountEmail): Promise<void> {
  if (await isAdded(database.kysely as unknown as Queries, email)) return;
  await changeScope(database, scope, async (trx, _epoch, record) => {
    const { customerId, accountId, verified, at, audit } = email;
    await trx
      .insertInto('account_emails')
      .values({
        customer_id: customerId,
        account_id: accountId,
        email: email.email,
        verified: verified ? 1 : 0,
        verified_at: at,
      })
      .onConflict((conflict) =>
        verified
          ? conflict.columns(['customer_id', 'email', 'account_id']).doUpdateSet({ verified: 1, verified_at: at })
          : conflict.doNothing(),
      )
      .execute();
    if (audit !== undefined) record(audit); // ADM-04
  });
}

async function isAdded(queries: Queries, { customerId, accountId, email, verified }: AccountEmail): Promise<boolean> {
  const known = await queries
    .selectFrom('account_emails')
    .select('verified')
    .where('customer_id', '=', customerId)
    .where('account_id', '=', accountId)
    .where('email', '=', email)
    .executeTakeFirst();
  return known !== undefined && (known.verified === 1 || !verified);
}

export function changeAccount(database: Accounts, scope: string, change: AccountChange): Promise<boolean> {
  return changeScope(database, scope, async (trx, epoch, record) => {
    const row = await readAccount(trx as unknown as Queries, change);
    if (row === undefined) return false;

    await trx
      .updateTable('accounts')
      .set({
        state: change.state ?? row.state,
        revoked_before: latest(row.revoked_before, change.revokedBefore),
        scopes:
          change.scopes === undefined ? row.scopes : change.scopes === 'every' ? null : JSON.stringify(change.scopes),
        version: epoch,
      })
      .where('customer_id', '=', change.customerId)
      .where('account_id', '=', change.accountId)
      .execute();
    record(change.audit);
    return true;
  });
}

export function deactivateLink(
  database: Accounts,
  scope: string,
  key: AccountLinkKey,
  audit: AuditEntry,
): Promise<boolean> {
  return changeScope(database, scope, async (trx, epoch, record) => {
    const result = await trx
      .updateTable('account_links')
      .set({ state: 'deactivated', version: epoch })
      .where(sameLink(key))
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) === 0) return false;
    record(audit);
    return true;
  });
}

function readAccount(
  queries: Queries,
  { customerId, accountId }: Pick<Account, 'customerId' | 'accountId'>,
): Promise<AccountRow | undefined> {
  return queries
    .selectFrom('accounts')
    .selectAll()
    .where('customer_id', '=', customerId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** Whether this call inserted it. A link of the same subject, or of the account to another subject, stands in the way. */
async function insertLink(
  trx: Transaction,
  key: AccountLinkKey,
  accountId: string,
  at: number,
  epoch: number,
): Promise<boolean> {
  const inserted = await trx
    .insertInto('account_links')
    .values({
      customer_id: key.customerId,
      issuer: key.issuer,
      tenant: key.tenant,
      subject: key.subject,
      account_id: accountId,
      state: 'active',
      created_at: at,
      version: epoch,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('account_id')
    .executeTakeFirst();
  return inserted !== undefined;
}

async function readLinkedAccount(trx: Transaction, key: AccountLinkKey): Promise<Account> {
  const row = await trx
    .selectFrom('accounts')
    .innerJoin('account_links', (join) =>
      join
        .onRef('accounts.customer_id', '=', 'account_links.customer_id')
        .onRef('accounts.account_id', '=', 'account_links.account_id'),
    )
    .selectAll('accounts')
    .where('account_links.customer_id', '=', key.customerId)
    .where('account_links.issuer', '=', key.issuer)
    .where('account_links.tenant', '=', key.tenant)
    .where('account_links.subject', '=', key.subject)
    .executeTakeFirstOrThrow();
  return accountFromRow(row);
}

function sameLink(key: AccountLinkKey): (expression: LinkExpressions) => ReturnType<LinkExpressions['and']> {
  return (expression) =>
    expression.and({
      customer_id: key.customerId,
      issuer: key.issuer,
      tenant: key.tenant,
      subject: key.subject,
    });
}

type LinkExpressions = import('kysely').ExpressionBuilder<ResourceSchema, 'account_links'>;

function latest(stored: number | null, next: number | undefined): number | null {
  return next === undefined ? stored : Math.max(stored ?? 0, next);
}
