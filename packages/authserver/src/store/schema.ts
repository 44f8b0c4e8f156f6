import type { Migration } from '@crossgrant/platform';
import type { ResourceSchema } from '@crossgrant/resource';
import type { Kysely } from 'kysely';

export interface CustomerRow {
  customer_id: string;
  name: string | null;
  state: 'active' | 'disabled';
  /** What the configuration stated last; null: nothing yet. */
  stated_state: 'active' | 'disabled' | null;
  version: number;
}

export interface TrustedIssuerRow {
  issuer: string;
  customer_id: string;
  /** Keys, limits, tenants and linking as JSON; state stays apart, so that a command never rewrites the rest. */
  settings: string;
  state: 'active' | 'disabled';
  /** What the configuration stated last; null: nothing yet. */
  stated_state: 'active' | 'disabled' | null;
  version: number;
}

export interface ClientRow {
  client_id: string;
  /** Null: works for every customer. */
  customer_id: string | null;
  name: string | null;
  auth_methods: string;
  /** `{ jwks }` or `{ jwksUri }` as JSON; null: it signs no assertions. */
  assertion_keys: string | null;
  /** 1: the URL of the token endpoint counts as audience of its assertions. */
  token_endpoint_audience: number;
  grant_types: string;
  scopes: string | null;
  dpop_required: number;
  state: 'active' | 'blocked';
  /** What the configuration stated last; null: nothing yet. */
  stated_state: 'active' | 'blocked' | null;
  version: number;
}

export interface ClientSecretRow {
  client_id: string;
  mac: string;
  created_at: number;
  expires_at: number | null;
  version: number;
}

export interface GovernedResourceRow {
  /** The normal form of the identifier: two spellings are one resource. */
  resource_key: string;
  /** As it is written in tokens and documents. */
  identifier: string;
  name: string | null;
  scopes: string;
  access_token_seconds: number | null;
  introspection_mac: string | null;
  /** Scope to what it asks of the sign-on, as JSON; null: nothing. */
  sign_on_by_scope: string | null;
  /** Null: `jwt`. */
  access_tokens: 'jwt' | 'opaque' | null;
  dpop_required: number;
  version: number;
}

export interface AuthServerSchema extends ResourceSchema {
  customers: CustomerRow;
  trusted_issuers: TrustedIssuerRow;
  as_clients: ClientRow;
  as_client_secrets: ClientSecretRow;
  as_resources: GovernedResourceRow;
}

export const authServerMigrations: readonly Migration[] = [
  {
    name: 'authserver-1',
    async up(db) {
      await createTrust(db);
      await createClients(db);
    },
  },
  {
    name: 'authserver-2-client-keys',
    async up(db) {
      await db.schema.alterTable('as_clients').addColumn('assertion_keys', 'text').execute();
      await db.schema
        .alterTable('as_clients')
        .addColumn('token_endpoint_audience', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
  {
    name: 'authserver-2-opaque',
    async up(db) {
      await db.schema.alterTable('as_resources').addColumn('access_tokens', 'text').execute();
    },
  },
  {
    name: 'authserver-2-dpop',
    async up(db) {
      for (const table of ['as_clients', 'as_resources']) {
        await db.schema
          .alterTable(table)
          .addColumn('dpop_required', 'integer', (column) => column.notNull().defaultTo(0))
          .execute();
      }
    },
  },
  {
    name: 'authserver-2-assurance',
    async up(db) {
      await db.schema.alterTable('as_resources').addColumn('sign_on_by_scope', 'text').execute();
    },
  },
];

// biome-ignore-start lint/suspicious/noExplicitAny: migrations see the schema as it is before they run
async function createTrust(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('customers')
    .addColumn('customer_id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('stated_state', 'text')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('trusted_issuers')
    .addColumn('issuer', 'text', (column) => column.primaryKey())
    .addColumn('customer_id', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('stated_state', 'text')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('as_resources')
    .addColumn('resource_key', 'text', (column) => column.primaryKey())
    .addColumn('identifier', 'text', (column) => column.notNull())
    .addColumn('name', 'text')
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('access_token_seconds', 'integer')
    .addColumn('introspection_mac', 'text')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .execute();
}

async function createClients(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('as_clients')
    .addColumn('client_id', 'text', (column) => column.primaryKey())
    .addColumn('customer_id', 'text')
    .addColumn('name', 'text')
    .addColumn('auth_methods', 'text', (column) => column.notNull())
    .addColumn('grant_types', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('stated_state', 'text')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('as_client_secrets')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('as_client_secrets_key', ['client_id', 'mac'])
    .execute();
}
// biome-ignore-end lint/suspicious/noExplicitAny: end of the migrations
