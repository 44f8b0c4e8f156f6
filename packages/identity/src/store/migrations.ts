import type { Migration } from '@crossgrant/platform';
import type { CreateTableBuilder, Kysely } from 'kysely';

// biome-ignore-start lint/suspicious/noExplicitAny: migrations see the schema as it is before they run
export const identityMigrations: readonly Migration[] = [
  {
    name: 'identity-1',
    async up(db) {
      await createTenants(db);
      await createPeople(db);
      await createGroups(db);
      await createSessions(db);
      await createClients(db);
      await createArtifacts(db);
    },
  },
  {
    name: 'identity-2-dpop',
    async up(db) {
      await db.schema
        .alterTable('client_apps')
        .addColumn('dpop_required', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
  {
    name: 'identity-2-assurance',
    async up(db) {
      await db.schema.alterTable('oidc_artifacts').addColumn('sid', 'text').execute();
      await db.schema
        .alterTable('client_apps')
        .addColumn('refresh_token_rotation', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
  {
    name: 'identity-2-client-keys',
    async up(db) {
      await db.schema.alterTable('client_apps').addColumn('jwks_uri', 'text').execute();
      await db.schema
        .alterTable('client_apps')
        .addColumn('token_endpoint_audience', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
];

type Columns = Readonly<Record<string, 'text' | 'text?' | 'bigint' | 'bigint?'>>;

async function createTenants(db: Kysely<any>): Promise<void> {
  await table(db, 'tenants', { issuer: 'text', name: 'text', created_at: 'bigint', version: 'bigint' })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addUniqueConstraint('tenants_issuer', ['issuer'])
    .execute();
}

async function createPeople(db: Kysely<any>): Promise<void> {
  await table(db, 'users', {
    tenant_id: 'text',
    username: 'text',
    email: 'text?',
    email_verified: 'bigint',
    name: 'text?',
    state: 'text',
    stated_state: 'text?',
    password_hash: 'text?',
    revoked_before: 'bigint?',
    failed_sign_ons: 'bigint',
    locked_until: 'bigint?',
    created_at: 'bigint',
    version: 'bigint',
  })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .execute();
  await db.schema.createIndex('users_tenant_version').on('users').columns(['tenant_id', 'version']).execute();
  await table(db, 'login_identifiers', { tenant_id: 'text', identifier: 'text', kind: 'text', user_id: 'text' })
    .addPrimaryKeyConstraint('login_identifiers_key', ['tenant_id', 'identifier'])
    .execute();
  await db.schema.createIndex('login_identifiers_user').on('login_identifiers').column('user_id').execute();
}

async function createGroups(db: Kysely<any>): Promise<void> {
  await table(db, 'groups', { tenant_id: 'text', name: 'text', created_at: 'bigint', version: 'bigint' })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addUniqueConstraint('groups_name', ['tenant_id', 'name'])
    .execute();
  await table(db, 'group_members', { tenant_id: 'text', group_id: 'text', user_id: 'text', version: 'bigint' })
    .addPrimaryKeyConstraint('group_members_key', ['group_id', 'user_id'])
    .execute();
  await db.schema.createIndex('group_members_user').on('group_members').columns(['tenant_id', 'user_id']).execute();
}

async function createSessions(db: Kysely<any>): Promise<void> {
  await table(db, 'sessions', {
    tenant_id: 'text',
    sid: 'text',
    browser_session: 'text',
    client_id: 'text',
    user_id: 'text',
    auth_time_seconds: 'bigint',
    acr: 'text?',
    amr: 'text',
    address: 'text?',
    created_at: 'bigint',
    expires_at: 'bigint',
    ended_at: 'bigint?',
    version: 'bigint',
  })
    .addPrimaryKeyConstraint('sessions_key', ['tenant_id', 'sid'])
    .execute();
  await db.schema.createIndex('sessions_browser').on('sessions').columns(['tenant_id', 'browser_session']).execute();
  await db.schema.createIndex('sessions_user').on('sessions').columns(['tenant_id', 'user_id']).execute();
  await db.schema.createIndex('sessions_expiry').on('sessions').column('expires_at').execute();
}

async function createClients(db: Kysely<any>): Promise<void> {
  await table(db, 'client_apps', {
    tenant_id: 'text',
    client_id: 'text',
    name: 'text',
    redirect_uris: 'text',
    post_logout_redirect_uris: 'text',
    grant_types: 'text',
    token_endpoint_auth_methods: 'text',
    jwks: 'text?',
    id_token_algorithm: 'text',
    refresh_tokens: 'bigint',
    tags: 'text',
    state: 'text',
    stated_state: 'text?',
    created_at: 'bigint',
    version: 'bigint',
  })
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addUniqueConstraint('client_apps_client_id', ['tenant_id', 'client_id'])
    .execute();
  await table(db, 'client_secrets', {
    tenant_id: 'text',
    client_app_id: 'text',
    mac: 'text',
    created_at: 'bigint',
    expires_at: 'bigint?',
  })
    .addPrimaryKeyConstraint('client_secrets_key', ['client_app_id', 'mac'])
    .execute();
}

async function createArtifacts(db: Kysely<any>): Promise<void> {
  await table(db, 'oidc_artifacts', {
    kind: 'text',
    tenant_id: 'text',
    id: 'text',
    grant_id: 'text?',
    uid: 'text?',
    user_code: 'text?',
    payload: 'text',
    created_at: 'bigint',
    expires_at: 'bigint?',
    consumed_at: 'bigint?',
    revoked_at: 'bigint?',
  })
    .addPrimaryKeyConstraint('oidc_artifacts_key', ['kind', 'tenant_id', 'id'])
    .execute();
  await db.schema.createIndex('oidc_artifacts_grant').on('oidc_artifacts').columns(['tenant_id', 'grant_id']).execute();
  await db.schema
    .createIndex('oidc_artifacts_uid')
    .on('oidc_artifacts')
    .columns(['tenant_id', 'kind', 'uid'])
    .execute();
  await db.schema.createIndex('oidc_artifacts_expiry').on('oidc_artifacts').column('expires_at').execute();
}

function table(db: Kysely<any>, name: string, columns: Columns): CreateTableBuilder<any, any> {
  let builder: CreateTableBuilder<any, any> = db.schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) {
    const isOptional = type.endsWith('?');
    const base = type.startsWith('text') ? 'text' : 'bigint';
    builder = builder.addColumn(column, base, (definition) => (isOptional ? definition : definition.notNull()));
  }
  return builder;
}
// biome-ignore-end lint/suspicious/noExplicitAny: end of the migrations
