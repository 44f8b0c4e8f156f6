import type { Migration } from '@crossgrant/platform';
import type { CreateTableBuilder, Kysely } from 'kysely';

// biome-ignore-start lint/suspicious/noExplicitAny: migrations see the schema as it is before they run
export const idpMigrations: readonly Migration[] = [
  {
    name: 'idp-1',
    async up(db) {
      await createResourceApps(db);
      await createConnections(db);
      await createIssuances(db);
    },
  },
  {
    name: 'idp-2-admin-tokens',
    async up(db) {
      await createAdminTokens(db);
      await createListIndexes(db);
    },
  },
];

type Columns = Readonly<Record<string, 'text' | 'text?' | 'bigint' | 'bigint?'>>;

async function createResourceApps(db: Kysely<any>): Promise<void> {
  await table(db, 'resource_apps', {
    tenant_id: 'text',
    key: 'text',
    name: 'text?',
    issuer: 'text',
    aliases: 'text',
    signing_algorithm: 'text',
    subject_mode: 'text',
    tenant_claim: 'text?',
    tags: 'text',
    state: 'text',
    stated_state: 'text?',
    applied: 'text?',
    created_at: 'bigint',
    version: 'bigint',
  })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addUniqueConstraint('resource_apps_key', ['tenant_id', 'key'])
    .addUniqueConstraint('resource_apps_issuer', ['tenant_id', 'issuer'])
    .execute();
  await db.schema.createIndex('resource_apps_version').on('resource_apps').columns(['tenant_id', 'version']).execute();
  await table(db, 'resources', {
    tenant_id: 'text',
    resource_app_id: 'text',
    identifier: 'text',
    name: 'text?',
    scopes: 'text',
    tags: 'text',
    applied: 'text?',
    created_at: 'bigint',
    version: 'bigint',
  })
    .addPrimaryKeyConstraint('resources_key', ['resource_app_id', 'identifier'])
    .execute();
  await db.schema.createIndex('resources_version').on('resources').columns(['tenant_id', 'version']).execute();
}

async function createConnections(db: Kysely<any>): Promise<void> {
  await table(db, 'connections', {
    tenant_id: 'text',
    key: 'text',
    client_app_id: 'text',
    resource_app_id: 'text',
    resource_client_id: 'text',
    resources: 'text',
    default_resource: 'text?',
    scopes: 'text',
    default_scopes: 'text',
    state: 'text',
    stated_state: 'text?',
    account_link: 'text',
    lifetime_seconds: 'bigint',
    dpop_required: 'bigint',
    owner: 'text?',
    reason: 'text?',
    review_at: 'bigint?',
    expires_at: 'bigint?',
    applied: 'text?',
    created_at: 'bigint',
    version: 'bigint',
  })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addUniqueConstraint('connections_key', ['tenant_id', 'key'])
    .addUniqueConstraint('connections_pair', ['tenant_id', 'client_app_id', 'resource_app_id'])
    .execute();
  await db.schema.createIndex('connections_version').on('connections').columns(['tenant_id', 'version']).execute();
  await table(db, 'rules', {
    tenant_id: 'text',
    key: 'text',
    effect: 'text',
    state: 'text',
    definition: 'text',
    applied: 'text?',
    created_at: 'bigint',
    version: 'bigint',
  })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addUniqueConstraint('rules_key', ['tenant_id', 'key'])
    .execute();
  await db.schema.createIndex('rules_version').on('rules').columns(['tenant_id', 'version']).execute();
  await table(db, 'tenant_policy', { state: 'text', revoked_before: 'bigint?', version: 'bigint' })
    .addColumn('tenant_id', 'text', (column) => column.primaryKey())
    .execute();
}

async function createIssuances(db: Kysely<any>): Promise<void> {
  await table(db, 'subjects', {
    tenant_id: 'text',
    user_id: 'text',
    resource_app_id: 'text',
    subject: 'text',
    created_at: 'bigint',
    version: 'bigint',
  })
    .addPrimaryKeyConstraint('subjects_key', ['tenant_id', 'user_id', 'resource_app_id'])
    .addUniqueConstraint('subjects_subject', ['tenant_id', 'resource_app_id', 'subject']) // IDJ-06
    .execute();
  await table(db, 'issuances', {
    tenant_id: 'text',
    decision_id: 'text',
    user_id: 'text',
    client_app_id: 'text',
    resource_app_id: 'text',
    connection_id: 'text',
    audience: 'text',
    subject: 'text',
    resource_client_id: 'text',
    resources: 'text',
    scopes: 'text',
    sid: 'text',
    auth_time_seconds: 'bigint',
    issued_at: 'bigint',
    expires_at: 'bigint',
    version: 'bigint',
  })
    .addColumn('jti', 'text', (column) => column.primaryKey())
    .execute();
  await db.schema
    .createIndex('issuances_person')
    .on('issuances')
    .columns(['tenant_id', 'user_id', 'issued_at'])
    .execute();
  await db.schema
    .createIndex('issuances_connection')
    .on('issuances')
    .columns(['tenant_id', 'connection_id', 'issued_at'])
    .execute();
}

async function createAdminTokens(db: Kysely<any>): Promise<void> {
  await table(db, 'admin_tokens', {
    tenant_id: 'text',
    hash: 'text',
    name: 'text',
    role: 'text',
    client_apps: 'text',
    resource_apps: 'text',
    created_at: 'bigint',
    expires_at: 'bigint',
    revoked_at: 'bigint?',
    last_used_at: 'bigint?',
  })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addUniqueConstraint('admin_tokens_hash', ['hash'])
    .execute();
}

/** What the pages of the admin lists are read by. */
async function createListIndexes(db: Kysely<any>): Promise<void> {
  for (const name of ['admin_tokens', 'users', 'groups', 'client_apps', 'resource_apps', 'connections', 'rules'])
    await db.schema.createIndex(`${name}_list`).on(name).columns(['tenant_id', 'id']).execute();
  await db.schema.createIndex('issuances_list').on('issuances').columns(['tenant_id', 'issued_at', 'jti']).execute();
}

function table(db: Kysely<any>, name: string, columns: Columns): CreateTableBuilder<any, any> {
  let builder: CreateTableBuilder<any, any> = db.schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) {
    const isOptional = type.endsWith('?');
    builder = builder.addColumn(column, type.startsWith('text') ? 'text' : 'bigint', (definition) =>
      isOptional ? definition : definition.notNull(),
    );
  }
  return builder;
}
// biome-ignore-end lint/suspicious/noExplicitAny: end of the migrations
