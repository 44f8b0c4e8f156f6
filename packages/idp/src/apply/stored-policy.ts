import type { CoreSchema, StatedState } from '@crossgrant/platform';
import type { Kysely, Transaction } from 'kysely';
import type { IdpSchema } from '../store/schema.ts';

export type Queries = Kysely<IdpSchema & CoreSchema> | Transaction<IdpSchema & CoreSchema>;

/** A stored row. Rules have no stated state; only connections have scopes, only resource apps an issuer. */
export interface StoredRow extends StatedState<string> {
  readonly id: string;
  readonly key: string;
  readonly applied: string | null;
  readonly scopes?: string;
  readonly issuer?: string;
}

export interface StoredPolicy {
  readonly clients: ReadonlyMap<string, string>;
  readonly resource_apps: ReadonlyMap<string, StoredRow>;
  readonly connections: ReadonlyMap<string, StoredRow>;
  readonly rules: ReadonlyMap<string, StoredRow>;
  readonly resources: ReadonlyMap<string, string | null>;
}

export async function readStored(kysely: Queries, tenantId: string): Promise<StoredPolicy> {
  const keyed = async (table: 'resource_apps' | 'connections' | 'rules'): Promise<ReadonlyMap<string, StoredRow>> => {
    const rows: readonly (Omit<StoredRow, 'stated_state'> & { stated_state?: string | null })[] = await (
      kysely as Kysely<IdpSchema & CoreSchema>
    )
      .selectFrom(table)
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .execute();
    return new Map(rows.map((row) => [row.key, { ...row, stated_state: row.stated_state ?? null }]));
  };
  const clients = await kysely
    .selectFrom('client_apps')
    .select(['id', 'client_id'])
    .where('tenant_id', '=', tenantId)
    .execute();
  const resources = await kysely
    .selectFrom('resources')
    .select(['resource_app_id', 'identifier', 'applied'])
    .where('tenant_id', '=', tenantId)
    .execute();
  return {
    clients: new Map(clients.map((row) => [row.client_id, row.id])),
    resource_apps: await keyed('resource_apps'),
    connections: await keyed('connections'),
    rules: await keyed('rules'),
    resources: new Map(resources.map((row) => [`${row.resource_app_id} ${row.identifier}`, row.applied])),
  };
}
