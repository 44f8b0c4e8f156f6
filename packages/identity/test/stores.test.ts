import { readEpoch, secretBoxFromKey } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  endSessions,
  findPersonByLogin,
  findSession,
  listClientApps,
  listGroups,
  listPeople,
  sweepArtifacts,
  upsertClientApp,
  upsertGroup,
  upsertPerson,
  upsertTenant,
} from '../src/index.ts';
import { recordSession } from '../src/sessions/session.ts';
import { artifactRow, findArtifact, revokeGrant, saveArtifact } from '../src/store/artifacts.ts';
import { agent, alice, editor, type SignOnWorld, startSignOnWorld } from './sign-on-world.ts';

let world: SignOnWorld;
beforeAll(async () => {
  world = await startSignOnWorld();
});
afterAll(() => world.close());

test('writing the same again changes nothing and moves no epoch', async () => {
  const before = await readEpoch(world.database, world.tenantId);
  const now = Date.now();
  expect((await upsertPerson(world.database, world.tenantId, alice, now)).isChanged).toBe(false);
  expect(
    (await upsertClientApp(world.database, world.tenantId, agent, { secretBox: world.secretBox, now })).isChanged,
  ).toBe(false);
  expect((await upsertTenant(world.database, { issuer: world.issuer, name: 'Acme' }, now)).isChanged).toBe(false);
  expect((await upsertGroup(world.database, world.tenantId, 'engineering', now)).isChanged).toBe(false);
  expect(await readEpoch(world.database, world.tenantId)).toBe(before);
});

test('each change moves the epoch and marks the row with it', async () => {
  const now = Date.now();
  const steps = [
    () => upsertPerson(world.database, world.tenantId, { username: 'alice', groups: ['engineering', 'berlin'] }, now),
    () => upsertPerson(world.database, world.tenantId, { username: 'alice', name: 'Alice N.' }, now),
    () =>
      upsertClientApp(
        world.database,
        world.tenantId,
        { ...agent, tags: ['trusted'] },
        { secretBox: world.secretBox, now },
      ),
    () =>
      upsertClientApp(
        world.database,
        world.tenantId,
        { ...agent, secrets: ['another-secret'] },
        { secretBox: world.secretBox, now },
      ),
  ];
  for (const step of steps) {
    const before = await readEpoch(world.database, world.tenantId);
    expect((await step()).isChanged).toBe(true);
    expect(await readEpoch(world.database, world.tenantId)).toBe(before + 1);
  }
  const [person] = await listPeople(world.database, world.tenantId);
  expect(person).toMatchObject({ groups: ['berlin', 'engineering'], name: 'Alice N.', email: alice.email });
  expect(await listPeople(world.database, world.tenantId, person?.version)).toEqual([]);
  expect((await listPeople(world.database, world.tenantId, (person?.version ?? 0) - 1))[0]).toEqual(person);
  expect((await listGroups(world.database, world.tenantId)).map((group) => group.name)).toEqual([
    'berlin',
    'engineering',
  ]);
  expect(
    (await listClientApps(world.database, world.tenantId)).map((app) => [
      app.clientId,
      app.tags,
      app.secretMacs.length,
    ]),
  ).toEqual([
    ['agent', ['trusted'], 1],
    ['editor', [], 0],
  ]);
});

verifies('LES-56', 'what is left out stays, and a name that signs somebody else on is refused', async () => {
  const now = Date.now();
  await upsertPerson(world.database, world.tenantId, { username: 'mallory', password: 'x' }, now);
  await expect(
    upsertPerson(world.database, world.tenantId, { username: 'mallory', email: 'ALICE@acme.example' }, now),
  ).rejects.toThrow(/already signs somebody else on/);
  expect(await findPersonByLogin(world.database, world.tenantId, 'alice@acme.example')).toMatchObject({
    username: 'alice',
  });
  await upsertPerson(world.database, world.tenantId, { username: 'alice', email: 'a.ng@acme.example' }, now);
  expect(await findPersonByLogin(world.database, world.tenantId, 'alice@acme.example')).toBeUndefined();
  expect(await findPersonByLogin(world.database, world.tenantId, 'A.NG@acme.example')).toMatchObject({
    username: 'alice',
  });
});

verifies(
  ['LES-20', 'ADM-02'],
  'a state that was stated before does not undo what an administrator did since',
  async () => {
    const { database, tenantId, secretBox } = world;
    const bob = { username: 'bob', state: 'active' as const };
    const app = { ...agent, clientId: 'stated', state: 'active' as const };
    const now = Date.now();
    const apply = async (states: { person: 'active' | 'disabled'; app: 'active' | 'blocked' }, name = 'Bob') => {
      await upsertPerson(database, tenantId, { ...bob, name, state: states.person }, now);
      await upsertClientApp(database, tenantId, { ...app, name, state: states.app }, { secretBox, now });
      const person = await findPersonByLogin(database, tenantId, 'bob');
      const [stored] = (await listClientApps(database, tenantId)).filter(({ clientId }) => clientId === 'stated');
      return [person?.state, stored?.state];
    };
    expect(await apply({ person: 'active', app: 'active' })).toEqual(['active', 'active']);
    await database.kysely.updateTable('users').set({ state: 'disabled' }).where('username', '=', 'bob').execute();
    await database.kysely
      .updateTable('client_apps')
      .set({ state: 'blocked' })
      .where('client_id', '=', 'stated')
      .execute();
    expect(await apply({ person: 'active', app: 'active' })).toEqual(['disabled', 'blocked']);
    expect(await apply({ person: 'active', app: 'active' }, 'Bob K.')).toEqual(['disabled', 'blocked']);
    expect(await apply({ person: 'disabled', app: 'blocked' })).toEqual(['disabled', 'blocked']);
    expect(await apply({ person: 'active', app: 'active' })).toEqual(['active', 'active']);
  },
);

verifies('SUB-08', 'a new address is not verified unless it says so, and the old one stays what it was', async () => {
  const { database, tenantId } = world;
  const now = Date.now();
  const verifiedAfter = async (input: { email?: string; emailVerified?: boolean }): Promise<boolean | undefined> => {
    await upsertPerson(database, tenantId, { username: 'eve', ...input }, now);
    return (await findPersonByLogin(database, tenantId, 'eve'))?.emailVerified;
  };
  expect(await verifiedAfter({ email: 'eve@acme.example', emailVerified: true })).toBe(true);
  expect(await verifiedAfter({ email: 'EVE@acme.example' })).toBe(true);
  expect(await verifiedAfter({})).toBe(true);
  expect(await verifiedAfter({ email: 'ceo@acme.example' })).toBe(false);
  expect(await verifiedAfter({ email: 'boss@acme.example', emailVerified: true })).toBe(true);
});

verifies('ADM-04', 'every change of a person or client app is on record', async () => {
  const { database, tenantId, secretBox } = world;
  const now = Date.now();
  const rows = async (): Promise<(string | null)[]> =>
    (await database.kysely.selectFrom('audit_rows').select('code').where('kind', '=', 'change').execute()).map(
      ({ code }) => code,
    );
  const before = (await rows()).length;
  await upsertPerson(database, tenantId, { username: 'sue' }, now);
  await upsertPerson(database, tenantId, { username: 'sue', groups: ['engineering'] }, now);
  await upsertPerson(database, tenantId, { username: 'sue', groups: ['engineering'] }, now);
  await upsertClientApp(database, tenantId, { ...agent, clientId: 'recorded' }, { secretBox, now });
  await upsertClientApp(database, tenantId, { ...agent, clientId: 'recorded', tags: ['x'] }, { secretBox, now });
  expect((await rows()).slice(before)).toEqual([
    'person/added',
    'person/changed',
    'client-app/added',
    'client-app/changed',
  ]);
});

verifies('LES-17', 'a client that would redirect anywhere else is not stored', async () => {
  for (const redirectUri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'http://evil.example/cb',
    'https://a.example/cb#x',
  ]) {
    await expect(
      upsertClientApp(
        world.database,
        world.tenantId,
        { ...agent, redirectUris: [redirectUri] },
        { secretBox: world.secretBox, now: 0 },
      ),
    ).rejects.toThrow(/may not redirect/);
    await expect(
      upsertClientApp(
        world.database,
        world.tenantId,
        { ...agent, postLogoutRedirectUris: [redirectUri] },
        { secretBox: world.secretBox, now: 0 },
      ),
    ).rejects.toThrow(/may not redirect/);
  }
});

verifies('KEY-01', 'a client without a usable key is not stored as one that proves itself with keys', async () => {
  const { database, tenantId, secretBox } = world;
  const tokenEndpointAuthMethods = ['private_key_jwt'] as const;
  const symmetric = { kty: 'oct', k: 'c2VjcmV0' };
  for (const keys of [undefined, { jwks: { keys: [] } }, { jwks: { keys: [symmetric] } }, { jwksUri: 'no url' }]) {
    const input = { ...agent, clientId: 'keyless', secrets: undefined, tokenEndpointAuthMethods, keys };
    await expect(upsertClientApp(database, tenantId, input, { secretBox, now: 0 })).rejects.toThrow(/key/);
  }
});

verifies(
  ['CAU-04', 'CAU-05'],
  'a client is public or confidential, and its secrets read the same raw and encoded',
  async () => {
    const deps = { secretBox: secretBoxFromKey(new Uint8Array(32)), now: 0 };
    await expect(
      upsertClientApp(
        world.database,
        world.tenantId,
        { ...editor, tokenEndpointAuthMethods: ['none', 'client_secret_post'] },
        deps,
      ),
    ).rejects.toThrow(/stands alone/);
    for (const secret of ['', 'with:colon', 'per%cent', 'plus+', 'sp ace', 'ümlaut', 'x'.repeat(257)]) {
      await expect(
        upsertClientApp(world.database, world.tenantId, { ...agent, secrets: [secret] }, deps),
      ).rejects.toThrow(/secret of agent/);
    }
  },
);

verifies('SSO-10', 'an ended session is never revived, and a session never changes its person or client', async () => {
  const session = {
    tenantId: world.tenantId,
    sid: 's1',
    browserSession: 'b1',
    clientId: 'agent',
    userId: 'usr_1',
    authTime: 10,
    amr: ['pwd'],
    expiresAt: 99_000,
  };
  const record = (changed: Partial<typeof session>) =>
    recordSession(world.database, { ...session, ...changed }, 1_000, 1);
  expect(await record({})).toBe(true);
  expect(await record({ authTime: 20 })).toBe(true);
  expect(await record({ userId: 'usr_2' })).toBe(false);
  expect(await record({ clientId: 'editor' })).toBe(false);
  expect(await endSessions(world.database, world.tenantId, { sid: 's1' }, 2_000)).toBe(1);
  expect(await record({ authTime: 30 })).toBe(false);
  expect(await findSession(world.database, world.tenantId, 's1')).toMatchObject({ authTime: 20, endedAt: 2_000 });
});

verifies('LES-24', 'a revoked grant is not brought back by whoever read it before', async () => {
  const deps = { database: world.database, tenantId: world.tenantId, secretBox: world.secretBox, clock: Date.now };
  const row = artifactRow(deps, 'Grant', 'grant-1', { accountId: 'usr_1' }, 60);
  await saveArtifact(deps, row);
  await revokeGrant(deps, 'grant-1');
  await saveArtifact(deps, row);
  expect(await findArtifact(deps, 'Grant', 'grant-1')).toBeUndefined();
});

test('expired artefacts are swept, live ones stay', async () => {
  const row = (id: string, expiresAt: number) => ({
    kind: 'Interaction',
    tenant_id: world.tenantId,
    id,
    grant_id: null,
    uid: null,
    user_code: null,
    payload: '{}',
    created_at: 0,
    expires_at: expiresAt,
    consumed_at: null,
    revoked_at: null,
  });
  await world.database.kysely
    .insertInto('oidc_artifacts')
    .values([row('old', 1), row('young', Date.now() + 60_000)])
    .execute();
  expect(await sweepArtifacts(world.database, Date.now())).toBe(1);
  const left = await world.database.kysely.selectFrom('oidc_artifacts').select('id').execute();
  expect(left.map((entry) => entry.id)).not.toContain('old');
});
