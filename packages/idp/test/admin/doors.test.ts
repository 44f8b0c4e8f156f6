import { readEpoch } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type AdminRole, adminRoles, reachOf } from '../../src/admin/domain/roles.ts';
import type { AdminRoute } from '../../src/admin/http/route.ts';
import { adminRoutes } from '../../src/admin/http/routes.ts';
import { problemDocument } from '../../src/admin/http/views.ts';
import { type AdminAnswer, type AdminWorld, engines, type Objects, startAdminWorld } from './admin-world.ts';

/** The kind of object whose id stands in a path. */
const kinds: Readonly<Record<string, keyof Objects>> = {
  '/client-apps/{id}': 'clientApp',
  '/resource-apps/{id}': 'resourceApp',
  '/connections/{id}': 'connection',
  '/rules/{id}': 'rule',
  '/people/{id}': 'person',
  '/sessions/{sid}': 'session',
  '/groups/{id}': 'group',
  '/members/{person}': 'person',
  '/decisions/{id}': 'decision',
  '/issuances/{jti}': 'issuance',
  '/keys/{kid}': 'key',
  '/admin-tokens/{id}': 'token',
};

/** A body that the route accepts. Routes without an entry take none. */
const bodies: Readonly<Record<string, (objects: Objects, serial: string) => object>> = {
  createClientApp: (_, serial) => ({
    clientId: `app-${serial}`,
    name: 'New',
    redirectUris: ['https://app.example/cb'],
  }),
  updateClientApp: () => ({ name: 'Renamed', reason: 'a new name' }),
  blockClientApp: () => ({ reason: 'test' }),
  unblockClientApp: () => ({}),
  rotateClientAppSecret: () => ({ overlapSeconds: 60 }),
  createResourceApp: (_, serial) => ({
    key: `res-${serial}`,
    issuer: `https://${serial.toLowerCase()}.example`,
    resources: [{ identifier: `https://${serial.toLowerCase()}.example/mcp`, scopes: { read: { risk: 'read' } } }],
  }),
  updateResourceApp: () => ({ name: 'Renamed' }),
  disableResourceApp: () => ({}),
  enableResourceApp: () => ({}),
  createConnection: ({ clientApp, freeResourceApp }) => ({
    clientApp,
    resourceApp: freeResourceApp,
    resourceClientId: 'at-the-ras',
    scopes: ['mail.read'],
  }),
  updateConnection: () => ({ lifetimeSeconds: 60 }),
  approveConnection: () => ({}),
  blockConnection: () => ({}),
  createRule: ({ person, connection }, serial) => ({
    key: `rule-${serial}`,
    effect: 'allow',
    people: [person],
    connections: [connection],
  }),
  updateRule: () => ({ conditions: { maxAge: 600 } }),
  disableRule: () => ({}),
  enableRule: () => ({}),
  createPerson: (_, serial) => ({ username: `person-${serial}`, email: `${serial.toLowerCase()}@acme.example` }),
  updatePerson: () => ({ name: 'Ada L.' }),
  disablePerson: () => ({}),
  enablePerson: () => ({}),
  endAccessOfPerson: () => ({ reason: 'the laptop is gone' }),
  endSession: () => ({}),
  createGroup: (_, serial) => ({ name: `group ${serial}` }),
  addGroupMember: ({ person }) => ({ person }),
  rotateKey: () => ({ alg: 'RS256' }),
  revokeKey: () => ({ reason: 'the key leaked' }),
  revokeAdminToken: () => ({}),
  endAccessOfEverybody: () => ({ confirm: 'default', reason: 'an incident' }),
};

for (const engine of engines) {
  describe(engine, () => {
    let world: AdminWorld;
    let mine: Objects;
    let theirs: Objects;
    let expired: string;
    let revoked: string;

    beforeAll(async () => {
      world = await startAdminWorld(engine);
      mine = await world.objects(world.idp.tenantId);
      theirs = await world.objects(world.other.id);
      expired = await world.token('owner', { lifetimeMs: -1 });
      revoked = await world.token('owner', { name: 'revoked' });
      const { body } = await world.call('GET', '/admin-tokens');
      const { id } = body.items.find((token: { name: string }) => token.name === 'revoked');
      expect((await world.call('POST', `/admin-tokens/${id}/revoke`)).status).toBe(200);
    });
    afterAll(() => world.close());

    /** Tries a route with these ids in its path and a body it would accept. */
    async function knock(
      route: AdminRoute,
      {
        token,
        objects = mine,
        headers = {},
      }: { token?: string; objects?: Objects; headers?: Record<string, string> } = {},
    ): Promise<AdminAnswer> {
      const path = pathOf(route, objects);
      const body = bodies[route.name]?.(mine, newId('req').slice(-12));
      const read = route.ifMatch === undefined ? undefined : await world.call('GET', parentOf(path));
      const tag: Record<string, string> =
        read === undefined ? {} : { 'if-match': read.headers.get('etag') ?? '"none"' };
      return world.call(route.method.toUpperCase(), path, { token, body, headers: { ...tag, ...headers } });
    }

    const epochs = (): Promise<readonly number[]> =>
      Promise.all([world.idp.tenantId, world.other.id].map((id) => readEpoch(world.idp.database, id)));

    for (const route of adminRoutes()) {
      const title = `${route.method} ${route.path}`;

      verifies(
        ['LES-69', 'LES-38', 'LES-20', 'LES-68', 'LES-70'],
        `${engine}: ${title}: nobody gets in without a token of this tenant`,
        async () => {
          const before = await epochs();
          const flipped = `${world.tokens.owner.slice(0, -1)}${world.tokens.owner.endsWith('A') ? 'B' : 'A'}`;
          const attempts: readonly Parameters<typeof knock>[1][] = [
            { token: '' },
            { token: '', headers: { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` } },
            { token: '', headers: { authorization: world.tokens.owner } },
            { token: '', headers: { authorization: `Bearer  ${world.tokens.owner}` } },
            { token: '', headers: { cookie: `token=${world.tokens.owner}` } },
            { token: flipped },
            { token: world.tokens.owner.slice(0, -1) },
            { token: 'cg_admin_' },
            { token: expired },
            { token: revoked },
            { token: world.otherToken },
          ];
          for (const attempt of attempts) {
            const { status, body, headers } = await knock(route, attempt);
            expect([401, 429], `${JSON.stringify(attempt?.headers ?? {})} ${attempt?.token ?? ''}`).toContain(status);
            expect(problemDocument.safeParse(body).success).toBe(true);
            expect(headers.get('content-type')).toBe('application/problem+json');
          }
          const foreign = await knock(route, { headers: { origin: 'https://evil.example' } });
          expect([foreign.status, foreign.body.code]).toEqual([403, 'admin/origin']);
          expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
          expect(await epochs()).toEqual(before);
          world.clock.nowMs += 60_000;
        },
      );

      verifies(
        ['LES-69', 'LES-67'],
        `${engine}: ${title}: a role without the right changes and learns nothing`,
        async () => {
          const before = await epochs();
          const denied = adminRoles.filter((role) => reachOf(role, route.right) === undefined);
          for (const role of denied) {
            const { status, body } = await knock(route, { token: world.tokens[role] });
            expect([role, status, body.code]).toEqual([role, 403, 'admin/forbidden']);
            expect(await changeOf(world, body.id)).toMatchObject({ outcome: 'refused', code: 'admin/forbidden' });
          }
          expect(await epochs()).toEqual(before);
        },
      );

      verifies(['LES-38'], `${engine}: ${title}: an object of another tenant is one that was never made`, async () => {
        const before = await epochs();
        const places = [...route.path.matchAll(/[^/]+\/\{\w+\}/g)].map(([place]) => kindOf(`/${place}`));
        for (const kind of places) {
          const foreign = await knock(route, { objects: { ...mine, [kind]: theirs[kind] } });
          const absent = await knock(route, { objects: { ...mine, [kind]: neverMade(mine[kind]) } });
          expect([kind, foreign.status, foreign.body.code]).toEqual([kind, 404, 'admin/not-found']);
          expect({ ...foreign.body, id: '' }).toEqual({ ...absent.body, id: '' });
        }
        if (places.length === 0 && route.method === 'get') {
          const { body } = await knock(route);
          for (const id of Object.values(theirs)) expect(JSON.stringify(body)).not.toContain(id);
        }
        expect((await epochs())[1]).toBe(before[1]);
        if (places.length > 0 || route.method === 'get') expect(await epochs()).toEqual(before);
      });
    }

    for (const route of [...adminRoutes()].sort((one, other) => rank(one) - rank(other))) {
      verifies(
        'LES-69',
        `${engine}: ${route.method} ${route.path}: an owner gets in, and the answer holds what it should`,
        async () => {
          const objects = await world.objects(world.idp.tenantId);
          const { status, body } = await knock(route, { objects });
          expect(status, JSON.stringify(body)).toBe(route.status ?? 200);
          const parsed = route.answer.safeParse(body);
          expect(parsed.error?.issues ?? []).toEqual([]);
        },
      );
    }
  });
}

/** What ends the access of the caller's own fixture comes last. */
function rank({ name }: AdminRoute): number {
  return ['revokeKey', 'revokeAdminToken', 'endAccessOfEverybody'].indexOf(name);
}

async function changeOf(world: AdminWorld, id: string): Promise<object> {
  const { body } = await world.call('GET', `/changes?id=${id}`);
  return body.items[0];
}

function kindOf(place: string): keyof Objects {
  const kind = kinds[place];
  if (kind === undefined) throw new Error(`no object stands for ${place}: add it, so that the route has cells`);
  return kind;
}

function pathOf(route: AdminRoute, objects: Objects): string {
  if (route.body !== undefined && bodies[route.name] === undefined)
    throw new Error(`${route.name} takes a body and has none here: add it, so that the route has cells`);
  return route.path.replace(
    /([^/]+)\/\{\w+\}/g,
    (place, parent: string) => `${parent}/${objects[kindOf(`/${place}`)]}`,
  );
}

/** Where the object of a command is read. */
function parentOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}

const roles: readonly AdminRole[] = adminRoles;
verifies('LES-69', 'no role is named by nothing: each has a right and lacks one', () => {
  for (const role of roles) {
    const reaches = adminRoutes().map(({ right }) => reachOf(role, right));
    expect(reaches.some((reach) => reach !== undefined)).toBe(true);
    if (role !== 'owner') expect(reaches).toContain(undefined);
  }
});

/** An identifier of the same shape that nothing has. */
function neverMade(id: string): string {
  return (id.startsWith('x') ? 'y' : 'x') + id.slice(1);
}
