import { verifyAuditChain } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mcp } from '../idp-world.ts';
import { type AdminWorld, engines, startAdminWorld } from './admin-world.ts';

for (const engine of engines) {
  describe(engine, () => {
    let world: AdminWorld;
    let connection: string;
    beforeAll(async () => {
      world = await startAdminWorld(engine);
      connection = `/connections/${(await world.objects(world.idp.tenantId)).connection}`;
    });
    afterAll(() => world.close());

    verifies(
      ['ADM-02', 'ADM-04'],
      `${engine}: what is changed counts in the next exchange, and stands in the audit with who, why, before and after`,
      async () => {
        const blocked = await world.change('POST', `${connection}/block`, { reason: 'SEC-118' });
        expect(blocked.body.state).toBe('blocked');
        expect((await world.exchange()).body.error).toBe('access_denied');
        const { body } = await world.call('GET', '/changes?code=connection/blocked');
        expect(body.items[0]).toMatchObject({
          id: blocked.headers.get('crossgrant-id'),
          outcome: 'done',
          actor: expect.stringMatching(/^adt_/),
          actorName: 'a owner',
          address: '127.0.0.1',
          facts: {
            reason: 'SEC-118',
            role: 'owner',
            before: { state: 'approved' },
            after: { state: 'blocked' },
          },
        });
        expect((await world.change('POST', `${connection}/approve`, {})).body.state).toBe('approved');
        expect((await world.exchange()).status).toBe(200);
        expect((await verifyAuditChain(world.idp.database)).firstBad).toBeUndefined();
      },
    );

    test(`${engine}: a change needs the tag of what was seen, of two changes one wins`, async () => {
      const { headers } = await world.call('GET', connection);
      const etag = headers.get('etag') ?? '';
      const patch = (
        tag: string | undefined,
        lifetimeSeconds: number,
      ): Promise<{ status: number; body: { code: string } }> =>
        world.call('PATCH', connection, {
          body: { lifetimeSeconds },
          headers: tag === undefined ? {} : { 'if-match': tag },
        });
      expect((await patch(undefined, 100)).body.code).toBe('admin/precondition-required');
      for (const tag of ['*', `W/${etag}`, `${etag}, "x"`, '"x"', 'x'])
        expect((await patch(tag, 100)).body.code).toBe('admin/precondition-failed');
      const statuses = (await Promise.all([100, 101, 102].map((seconds) => patch(etag, seconds)))).map(
        ({ status }) => status,
      );
      expect(statuses.toSorted()).toEqual([200, 412, 412]);
      const stale = await world.call('POST', `${connection}/block`, { body: {}, headers: { 'if-match': etag } });
      expect(stale.status).toBe(412);
    });

    verifies(
      'LES-72',
      `${engine}: a scope that changed its meaning is approved by whoever saw that it did`,
      async () => {
        const { body: app } = await world.call(
          'GET',
          `/resource-apps/${(await world.objects(world.idp.tenantId)).resourceApp}`,
        );
        const seen = (await world.call('GET', connection)).headers.get('etag') ?? '';
        const resources = app.resources.map(
          ({ name: _name, ...resource }: { name: unknown; scopes: Record<string, object> }) =>
            'chat.read' in resource.scopes
              ? { ...resource, scopes: { ...resource.scopes, 'chat.read': { risk: 'write', version: 2 } } }
              : resource,
        );
        expect((await world.change('PATCH', `/resource-apps/${app.id}`, { resources })).status).toBe(200);
        expect((await world.call('GET', connection)).body.changedScopes).toEqual(['chat.read']);
        expect((await world.exchange()).status).toBe(400);
        const body = { acceptChangedScopes: true };
        const blind = await world.call('POST', `${connection}/approve`, { body, headers: { 'if-match': seen } });
        expect(blind.status).toBe(412);
        expect((await world.change('POST', `${connection}/approve`, {})).body.changedScopes).toEqual(['chat.read']);
        expect((await world.exchange()).status).toBe(400);
        expect((await world.change('POST', `${connection}/approve`, body)).body.changedScopes).toEqual([]);
        expect((await world.exchange()).status).toBe(200);
      },
    );

    verifies(
      ['LES-89', 'MET-05'],
      `${engine}: what the request does not know is refused with the path of the field, and nothing is assigned by the way`,
      async () => {
        const post = (path: string, body: unknown): Promise<{ status: number; body: { errors?: unknown } }> =>
          world.call('POST', path, { body });
        const good = { clientId: 'fresh', name: 'Fresh' };
        for (const extra of [
          { tenant_id: world.other.id },
          { tenantId: 'x' },
          { state: 'active' },
          { id: 'app_x' },
          { version: 1 },
        ]) {
          const { status, body } = await post('/client-apps', { ...good, ...extra });
          expect([status, body.errors]).toEqual([
            400,
            [{ path: Object.keys(extra)[0], sentence: 'is no field of this request.' }],
          ]);
        }
        for (const patch of [{ state: 'approved' }, { clientApp: 'app_x' }, { key: 'a/b' }, { approved: true }])
          expect((await world.change('PATCH', connection, patch)).status).toBe(400);
        expect((await world.change('PATCH', connection, { scopes: ['chat.read', 'no.such'] })).body.errors).toEqual([
          { path: 'scopes[1]', sentence: 'is a scope of no resource of this resource app.' },
        ]);
        const texts = [
          '{"name":"a","name":"b","clientId":"c"}',
          '{"__proto__":{}}',
          '[]',
          '"x"',
          'null',
          '{',
          '['.repeat(500),
        ];
        for (const text of texts) expect([text, (await post('/client-apps', text)).status]).toEqual([text, 400]);
        const form = await world.call('POST', '/client-apps', {
          body: 'a=b',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        expect(form.status).toBe(415);
        for (const issuer of ['http://ras.example', 'https://ras.example/?q', 'ras']) {
          const app = { key: 'fresh', issuer, resources: [{ identifier: 'https://ras.example/mcp', scopes: {} }] };
          expect([issuer, (await post('/resource-apps', app)).body.errors]).toMatchObject([
            issuer,
            [{ path: 'issuer' }],
          ]);
        }
        expect((await post('/rules', { key: 'x', effect: 'deny' })).status).toBe(400);
        expect((await post('/rules', { key: 'x', effect: 'deny', everyone: true, scopes: [] })).status).toBe(400);
      },
    );

    verifies(
      'LES-38',
      `${engine}: an id of another tenant in a body is as unknown as one that was never made`,
      async () => {
        const theirs = await world.objects(world.other.id);
        const mine = await world.objects(world.idp.tenantId);
        const attempts: readonly (readonly [string, (id: string) => object, string])[] = [
          [
            '/connections',
            (id) => ({ clientApp: id, resourceApp: mine.freeResourceApp, resourceClientId: 'x', scopes: [] }),
            theirs.clientApp,
          ],
          [
            '/connections',
            (id) => ({ clientApp: mine.clientApp, resourceApp: id, resourceClientId: 'x', scopes: [] }),
            theirs.freeResourceApp,
          ],
          ['/rules', (id) => ({ key: 'a', effect: 'allow', people: [id] }), theirs.person],
          ['/rules', (id) => ({ key: 'b', effect: 'allow', everyone: true, connections: [id] }), theirs.connection],
          [`/groups/${mine.group}/members`, (person) => ({ person }), theirs.person],
        ];
        for (const [path, bodyOf, id] of attempts) {
          const foreign = await world.call('POST', path, { body: bodyOf(id) });
          const absent = await world.call('POST', path, { body: bodyOf(`x${id.slice(1)}`) });
          expect([400, 404]).toContain(foreign.status);
          expect({ ...foreign.body, id: '' }).toEqual({ ...absent.body, id: '' });
        }
      },
    );

    verifies(
      ['CAU-06', 'LES-82'],
      `${engine}: a secret is shown once, rotates with an overlap, and stands nowhere`,
      async () => {
        const made = await world.call('POST', '/client-apps', {
          body: { clientId: 'robot', name: 'Robot', authMethods: ['client_secret_post'] },
        });
        const { id, secret } = made.body;
        expect(secret).toMatch(/^[a-z0-9]{60,}$/);
        const tryWith = async (clientSecret: string): Promise<unknown> =>
          (await world.exchange({ client_id: 'robot', client_secret: clientSecret })).body.error;
        expect(await tryWith('wrong')).toBe('invalid_client');
        expect(await tryWith(secret)).not.toBe('invalid_client');
        const rotated = await world.call('POST', `/client-apps/${id}/rotate-secret`, { body: { overlapSeconds: 60 } });
        expect(rotated.body.secret).not.toBe(secret);
        expect(await tryWith(secret)).not.toBe('invalid_client');
        expect(await tryWith(rotated.body.secret)).not.toBe('invalid_client');
        world.clock.nowMs += 61_000;
        expect(await tryWith(secret)).toBe('invalid_client');
        const last = await world.call('POST', `/client-apps/${id}/rotate-secret`, {});
        expect(await tryWith(rotated.body.secret)).toBe('invalid_client');
        expect(last.body.secrets).toHaveLength(1);

        const pages = await Promise.all(
          ['/client-apps', `/client-apps/${id}`, '/changes', '/admin-tokens', '/self'].map((path) =>
            world.call('GET', path),
          ),
        );
        const rows = await world.idp.database.kysely.selectFrom('audit_rows').selectAll().execute();
        const tokens = await world.idp.database.kysely.selectFrom('admin_tokens').selectAll().execute();
        const everything = `${JSON.stringify(pages.map(({ body }) => body))}${JSON.stringify(rows)}${JSON.stringify(tokens)}${world.logLines.join('')}`;
        for (const hidden of [
          secret,
          rotated.body.secret,
          last.body.secret,
          ...Object.values(world.tokens),
          world.otherToken,
        ])
          expect(everything).not.toContain(hidden);
      },
    );

    verifies('LES-84', `${engine}: failures are counted and slowed down, and a valid token still gets in`, async () => {
      world.clock.nowMs += 60_000;
      const tries = Array.from({ length: 40 }, () => world.call('GET', '/self', { token: 'cg_admin_junk' }));
      const statuses = (await Promise.all(tries)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 401)).toHaveLength(30);
      expect(statuses.filter((status) => status === 429)).toHaveLength(10);
      expect((await world.call('GET', '/self')).status).toBe(200);
      await world.idp.exchange.anonymous.flush();
      const rows = await world.idp.database.kysely
        .selectFrom('audit_rows')
        .select('facts')
        .where('code', '=', 'admin/unauthenticated')
        .execute();
      expect(rows.map(({ facts }) => JSON.parse(facts ?? '{}').times)).toContain(40);
    });

    test(`${engine}: an edit keeps what other features store in the same row`, async () => {
      const { kysely } = world.idp.database;
      const { rule } = await world.objects(world.idp.tenantId);
      const row = await kysely
        .selectFrom('rules')
        .select('definition')
        .where('id', '=', rule)
        .executeTakeFirstOrThrow();
      const definition = JSON.stringify({ ...JSON.parse(row.definition), later: { kept: true } });
      await kysely.updateTable('rules').set({ definition }).where('id', '=', rule).execute();
      expect((await world.change('PATCH', `/rules/${rule}`, { scopes: ['chat.read'] })).status).toBe(200);
      expect((await world.change('PATCH', `/rules/${rule}`, { scopes: null })).body.scopes).toBeNull();
      const after = await kysely
        .selectFrom('rules')
        .select('definition')
        .where('id', '=', rule)
        .executeTakeFirstOrThrow();
      expect(JSON.parse(after.definition)).toEqual(JSON.parse(definition));
    });

    test(`${engine}: rules, groups and people count from the next exchange on`, async () => {
      const bob = await world.userId('bob');
      const exchangeAs = async (person: string): Promise<number> =>
        (await world.exchange({ subject_token: await world.idToken({ person }) })).status;
      expect(await exchangeAs('bob')).toBe(400);
      const { body: group } = await world.call('POST', '/groups', { body: { name: 'pilots' } });
      const { body: rule } = await world.call('POST', '/rules', {
        body: { key: 'pilots-read', effect: 'allow', groups: ['pilots'], scopes: ['chat.read'] },
      });
      expect(
        (await world.call('POST', `/groups/${group.id}/members`, { body: { person: bob } })).body.groups,
      ).toContain('pilots');
      expect(await exchangeAs('bob')).toBe(200);
      expect((await world.change('POST', `/rules/${rule.id}/disable`, {})).body.state).toBe('disabled');
      expect(await exchangeAs('bob')).toBe(400);
      await world.change('POST', `/rules/${rule.id}/enable`, {});
      await world.call('DELETE', `/groups/${group.id}/members/${bob}`);
      expect(await exchangeAs('bob')).toBe(400);
      const token = await world.idToken({ person: 'ada' });
      const ada = await world.userId('ada');
      expect(
        (await world.call('POST', `/people/${ada}/end-access`, { token: world.tokens.help_desk, body: {} })).status,
      ).toBe(400);
      expect(
        (
          await world.call('POST', `/people/${ada}/end-access`, {
            token: world.tokens.help_desk,
            body: { reason: 'lost laptop' },
          })
        ).status,
      ).toBe(200);
      expect((await world.exchange({ subject_token: token })).body.error).toBe('invalid_grant');
      const { body } = await world.call('GET', `/decisions?person=${bob}&outcome=deny&client=agent&scope=chat.read`);
      expect(body.items.length).toBeGreaterThan(2);
      const { body: one } = await world.call('GET', `/decisions/${body.items[0].id}`);
      expect(one.explanation).toContainEqual({ label: 'chat.read', value: `no rule allows it at ${mcp}` });
      expect((await world.call('GET', `/decisions?person=${bob}&scope=chat.rea`)).body.items).toEqual([]);
      const from = new Date(world.clock.nowMs + 1).toISOString();
      expect((await world.call('GET', `/decisions?from=${from}`)).body.items).toEqual([]);
    });
  });
}
