import type { Migration } from '@crossgrant/platform';
import type { Kysely } from 'kysely';

export interface AccountRow {
  customer_id: string;
  account_id: string;
  state: 'active' | 'disabled';
  revoked_before: number | null;
  /** JSON array; null: every scope. */
  scopes: string | null;
  /** What was declared last; null: nothing. */
  stated_state: 'active' | 'disabled' | null;
  stated_scopes: string | null;
  asserted_email: string | null;
  created_at: number;
  version: number;
}

export interface AccountLinkRow {
  customer_id: string;
  issuer: string;
  tenant: string;
  subject: string;
  account_id: string;
  state: 'active' | 'deactivated';
  created_at: number;
  version: number;
}

export interface AccountEmailRow {
  customer_id: string;
  account_id: string;
  email: string;
  verified: number;
  verified_at: number;
}

export interface IssuedTokenRow {
  token_id: string;
  /** Null: a signed token. */
  text_hash: string | null;
  customer_id: string;
  account_id: string;
  client_id: string;
  audience: string;
  scope: string;
  issued_at: number;
  expires_at: number;
  auth_time: number | null;
  acr: string | null;
  amr: string | null;
  actor: string | null;
  jkt: string | null;
  grant_issuer: string;
  grant_tenant: string;
  grant_subject: string;
  grant_jti: string;
  revoked_at: number | null;
}

/** The tables of an SQL resource store, beside the ones that every database here holds. */
export interface ResourceSchema {
  accounts: AccountRow;
  account_links: AccountLinkRow;
  account_emails: AccountEmailRow;
  issued_tokens: IssuedTokenRow;
}

export const resourceMigrations: readonly Migration[] = [
  {
    name: 'resource-1',
    async up(db) {
      await createAccounts(db);
      await createIssuedTokens(db);
    },
  },
  {
    name: 'resource-2-opaque',
    async up(db) {
      await db.schema.alterTable('issued_tokens').addColumn('text_hash', 'text').execute();
      await db.schema.createIndex('issued_tokens_text').unique().on('issued_tokens').column('text_hash').execute();
    },
  },
  {
    name: 'resource-2-dpop',
    async up(db) {
      await db.schema.alterTable('issued_tokens').addColumn('jkt', 'text').execute();
    },
  },
];

// biome-ignore-start lint/suspicious/noExplicitAny: migrations see the schema as it is before they run
async function createAccounts(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('accounts')
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('revoked_before', 'bigint')
    .addColumn('scopes', 'text')
    .addColumn('stated_state', 'text')
    .addColumn('stated_scopes', 'text')
    .addColumn('asserted_email', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('accounts_key', ['customer_id', 'account_id'])
    .execute();
  await db.schema
    .createTable('account_links')
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('account_links_key', ['customer_id', 'issuer', 'tenant', 'subject'])
    .addUniqueConstraint('account_links_one_subject', ['customer_id', 'issuer', 'tenant', 'account_id'])
    .execute();
  await db.schema
    .createTable('account_emails')
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('verified', 'integer', (column) => column.notNull())
    .addColumn('verified_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('account_emails_key', ['customer_id', 'email', 'account_id'])
    .execute();
}

async function createIssuedTokens(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('issued_tokens')
    .addColumn('token_id', 'text', (column) => column.primaryKey())
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('audience', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('issued_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('auth_time', 'bigint')
    .addColumn('acr', 'text')
    .addColumn('amr', 'text')
    .addColumn('actor', 'text')
    .addColumn('grant_issuer', 'text', (column) => column.notNull())
    .addColumn('grant_tenant', 'text', (column) => column.notNull())
    .addColumn('grant_subject', 'text', (column) => column.notNull())
    .addColumn('grant_jti', 'text', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('issued_tokens_account')
    .on('issued_tokens')
    .columns(['customer_id', 'account_id'])
    .execute();
  await db.schema
    .createIndex('issued_tokens_grant')
    .on('issued_tokens')
    .columns(['grant_issuer', 'grant_jti'])
    .execute();
  await db.schema.createIndex('issued_tokens_expiry').on('issued_tokens').column('expires_at').execute();
}
// biome-ignore-end lint/suspicious/noExplicitAny: end of the migrations
