import { type Kysely, sql } from 'kysely';
import type { Engine, Migration } from './migrate.ts';

/** The tables of CoreSchema. They run before any package's own migrations. */
export const coreMigrations: readonly Migration[] = [
  {
    name: 'core-1',
    async up(db, engine) {
      await createCommitTables(db);
      await createAuditTables(db, engine);
      await createKeyTables(db);
      await createOutbox(db, engine);
    },
  },
  { name: 'core-2-keys', up: createDataKeys },
];

// biome-ignore-start lint/suspicious/noExplicitAny: migrations see the schema as it is before they run
async function createCommitTables(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('revocation_epochs')
    .addColumn('scope', 'text', (column) => column.primaryKey())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('single_use')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('attempt_id', 'text', (column) => column.notNull())
    .addColumn('keep_until', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('single_use_key', ['kind', 'scope', 'key'])
    .execute();
  await db.schema.createIndex('single_use_keep_until').on('single_use').column('keep_until').execute();
}

async function createAuditTables(db: Kysely<any>, engine: Engine): Promise<void> {
  const bytes = engine === 'sqlite' ? sql`blob` : sql`bytea`;
  const partitioning = engine === 'sqlite' ? sql`` : sql`partition by range (at)`;
  await sql`create table audit_rows (
    writer text not null, sequence bigint not null, previous_hash text not null, hash text not null, canonical ${bytes} not null,
    id text not null, scope text not null, at bigint not null, kind text not null, outcome text not null, code text,
    client text, audience text, resource text, scopes_requested text, scopes_granted text, rule_ids text, jti text,
    facts text, personal_ref text, primary key (writer, sequence, at)) ${partitioning}`.execute(db);
  if (engine === 'postgres') await sql`create table audit_rows_default partition of audit_rows default`.execute(db);
  await db.schema.createIndex('audit_rows_id').on('audit_rows').column('id').execute();
  await db.schema.createIndex('audit_rows_scope_at').on('audit_rows').columns(['scope', 'at']).execute();
  await db.schema.createIndex('audit_rows_jti').on('audit_rows').column('jti').where('jti', 'is not', null).execute();
  await db.schema
    .createTable('audit_personal')
    .addColumn('ref', 'text', (column) => column.primaryKey())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('audit_id', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('username', 'text')
    .addColumn('email', 'text')
    .addColumn('address', 'text')
    .execute();
  await db.schema
    .createIndex('audit_personal_person')
    .on('audit_personal')
    .columns(['scope', 'person', 'at'])
    .execute();
}

async function createKeyTables(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('signing_keys')
    .addColumn('kid', 'text', (column) => column.primaryKey())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('alg', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('private_jwk', 'text', (column) => column.notNull())
    .addColumn('public_jwk', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('not_before', 'bigint', (column) => column.notNull())
    .addColumn('retire_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('signing_keys_one_active')
    .unique()
    .on('signing_keys')
    .columns(['scope', 'purpose', 'alg'])
    .where(sql<boolean>`state = 'active'`)
    .execute();
}

/** Two slots and no more: the encryption key in use, and while it is exchanged another. */
async function createDataKeys(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('data_keys')
    .addColumn('slot', 'integer', (column) => column.primaryKey().check(sql`slot in (1, 2)`))
    .addColumn('key_id', 'text', (column) => column.notNull().unique())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createOutbox(db: Kysely<any>, engine: Engine): Promise<void> {
  const position =
    engine === 'sqlite' ? sql`integer primary key autoincrement` : sql`bigint generated always as identity primary key`;
  await sql`create table outbox (position ${position}, id text not null unique, scope text not null, topic text not null,
    payload text not null, at bigint not null)`.execute(db);
}
// biome-ignore-end lint/suspicious/noExplicitAny: end of the migrations
