import { type Tenant, upsertTenant } from '@crossgrant/identity';
import { openKeyRing } from '@crossgrant/platform';
import { newId, newJti } from '@crossgrant/protocol';
import { freshDatabaseUrl } from '@crossgrant/testkit';
import { sql } from 'kysely';
import type { AdminRole } from '../../src/admin/domain/roles.ts';
import { applyConfig } from '../../src/apply/apply-config.ts';
import { createAdminToken } from '../../src/index.ts';
import { type IdpWorld, people, policy, startIdpWorld } from '../idp-world.ts';

export const engines = ['SQLite', 'PostgreSQL'] as const;

/** One object of each kind, of one tenant. */
export interface Objects {
  readonly clientApp: string;
  readonly resourceApp: string;
  /** One that the client app has no connection to. */
  readonly freeResourceApp: string;
  readonly connection: string;
  readonly rule: string;
  readonly person: string;
  readonly session: string;
  readonly group: string;
  readonly decision: string;
  readonly issuance: string;
  readonly key: string;
  readonly token: string;
}

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, looked into by the test
  readonly body: any;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface AdminWorld extends IdpWorld {
  readonly other: Tenant;
  readonly tokens: Readonly<Record<AdminRole, string>>;
  /** An owner of the other tenant. */
  readonly otherToken: string;
  call(method: string, path: string, options?: CallOptions): Promise<AdminAnswer>;
  /** A change with the tag of the object as it is now. */
  change(method: string, path: string, body: unknown, token?: string): Promise<AdminAnswer>;
  token(role: AdminRole, over?: Partial<Parameters<typeof createAdminToken>[2]>, tenantId?: string): Promise<string>;
  objects(tenantId: string): Promise<Objects>;
}

/** The IdP with its admin API, and a second company in the same database. */
export async function startAdminWorld(
  engine: (typeof engines)[number] = 'SQLite',
  options: Parameters<typeof startIdpWorld>[0] = {},
): Promise<AdminWorld> {
  const database = engine === 'SQLite' ? undefined : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');
  const world = await startIdpWorld({ database, config: { admin: { listen: '127.0.0.1:0' } }, ...options });
  const { idp, clock } = world;
  const { secretBox, log } = idp.exchange;
  const other = await upsertTenant(idp.database, { issuer: 'https://idp.other.example', name: 'Other' }, clock.nowMs);
  const now = (): number => clock.nowMs;
  await applyConfig(
    { database: idp.database, tenantId: other.id, secretBox, clock: now, log },
    { development: true, issuer: other.issuer, listen: '', database: '', people, policy },
  );
  await openKeyRing({
    database: idp.database,
    scope: other.id,
    purposes: ['tokens'],
    algorithms: ['ES256'],
    secrets: secretBox,
    clock: now,
  });
  const token: AdminWorld['token'] = async (role, over = {}, tenantId = idp.tenantId) => {
    const apps = role === 'app_owner' ? { clientApps: ['agent'], resourceApps: ['chat'] } : emptyApps;
    const input = { name: `a ${role}`, role, lifetimeMs: 3_600_000_000, ...apps, ...over };
    return (await createAdminToken(idp.database, tenantId, input, clock.nowMs)).token;
  };
  const tokens = {
    owner: await token('owner'),
    policy_admin: await token('policy_admin'),
    app_owner: await token('app_owner'),
    help_desk: await token('help_desk'),
    auditor: await token('auditor'),
  };
  const otherToken = await token('owner', {}, other.id);
  const call: AdminWorld['call'] = async (method, path, { token: sent = tokens.owner, body, headers = {} } = {}) => {
    const response = await fetch(`${idp.adminUrl}/admin/v1${path}`, {
      method,
      headers: {
        ...(sent === '' ? {} : { authorization: `Bearer ${sent}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  await seed(world, other.id);
  return Object.assign(world, {
    other,
    tokens,
    otherToken,
    call,
    token,
    async change(method: string, path: string, body: unknown, sent?: string) {
      const read = path.replace(/\/(approve|block|unblock|enable|disable)$/, '');
      const { headers } = await call('GET', read, { token: sent });
      return call(method, path, { token: sent, body, headers: { 'if-match': headers.get('etag') ?? '' } });
    },
    objects: (tenantId: string) => objectsOf(world, tenantId),
  });
}

const emptyApps = { clientApps: [], resourceApps: [] };

/** A session, a decision and an issuance in both tenants: here by an exchange, there as rows. */
async function seed(world: IdpWorld, otherId: string): Promise<void> {
  const { idp, clock } = world;
  const { status } = await world.exchange();
  if (status !== 200) throw new Error('the exchange of the fixture failed');
  const { kysely } = idp.database;
  const { id: person } = await kysely
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', otherId)
    .where('username', '=', 'ada')
    .executeTakeFirstOrThrow();
  await world.addSession('sid-of-other', { tenant_id: otherId, user_id: person });
  const decision = newId('aud', clock.nowMs);
  const jti = newJti();
  await idp.database.commits.audit({
    id: decision,
    scope: otherId,
    at: clock.nowMs,
    kind: 'exchange',
    outcome: 'allow',
    client: 'agent',
    jti,
    personal: { person, username: 'ada' },
  });
  const row = await kysely.selectFrom('issuances').selectAll().executeTakeFirstOrThrow();
  await kysely
    .insertInto('issuances')
    .values({ ...row, jti, tenant_id: otherId, decision_id: decision, user_id: person })
    .execute();
}

async function objectsOf(world: IdpWorld, tenantId: string): Promise<Objects> {
  const { kysely } = world.idp.database;
  const session = await kysely
    .selectFrom('sessions')
    .select('sid')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow();
  const issuance = await kysely
    .selectFrom('issuances')
    .select(['jti', 'decision_id'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow();
  const key = await kysely
    .selectFrom('signing_keys')
    .select('kid')
    .where('scope', '=', tenantId)
    .where('alg', '=', 'ES256')
    .executeTakeFirstOrThrow();
  const named = async (table: Table, column: string, name: string): Promise<string> => {
    const { rows } = await sql<{
      id: string;
    }>`select id from ${sql.table(table)} where tenant_id = ${tenantId} and ${sql.ref(column)} = ${name}`.execute(
      kysely,
    );
    return rows[0]?.id ?? '';
  };
  return {
    clientApp: await named('client_apps', 'client_id', 'agent'),
    resourceApp: await named('resource_apps', 'key', 'chat'),
    freeResourceApp: await named('resource_apps', 'key', 'mail'),
    connection: await named('connections', 'key', 'agent/chat'),
    rule: await named('rules', 'key', 'engineers'),
    person: await named('users', 'username', 'ada'),
    group: await named('groups', 'name', 'engineering'),
    token: await named('admin_tokens', 'name', 'a auditor').then(
      (id) => id || named('admin_tokens', 'name', 'a owner'),
    ),
    session: session.sid,
    decision: issuance.decision_id,
    issuance: issuance.jti,
    key: key.kid,
  };
}

type Table = 'client_apps' | 'resource_apps' | 'connections' | 'rules' | 'users' | 'groups' | 'admin_tokens';
