import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ras } from '../idp-world.ts';
import { type AdminWorld, engines, type Objects, startAdminWorld } from './admin-world.ts';

/** The app owner of these tests has the client app `agent` and the resource app `chat`. */
for (const engine of engines) {
  describe(engine, () => {
    let world: AdminWorld;
    let mine: Objects;
    let token: string;
    const ids: Record<string, string> = {};
    beforeAll(async () => {
      world = await startAdminWorld(engine);
      mine = await world.objects(world.idp.tenantId);
      token = world.tokens.app_owner;
      for (const list of ['client-apps', 'resource-apps', 'connections', 'rules']) {
        const { body } = await world.call('GET', `/${list}`);
        for (const item of body.items) ids[item.clientId ?? item.key] = item.id;
      }
    });
    afterAll(() => world.close());

    const status = async (method: string, path: string, body?: unknown): Promise<number> =>
      (await world.call(method, path, { token, body })).status;

    verifies(
      'LES-67',
      `${engine}: an app owner sees own apps and what touches them, and the rest looks like nothing`,
      async () => {
        const listed = async (path: string): Promise<readonly string[]> =>
          (await world.call('GET', path, { token })).body.items.map(
            (item: { clientId?: string; key: string }) => item.clientId ?? item.key,
          );
        expect(await listed('/client-apps')).toEqual(['agent']);
        expect(await listed('/resource-apps')).toEqual(['chat']);
        expect((await listed('/connections')).toSorted()).toEqual(['agent/chat', 'agent/self', 'agent/wiki']);
        for (const path of [
          `/client-apps/${ids.bot}`,
          `/resource-apps/${ids.wiki}`,
          `/connections/${ids['bot/wiki']}`,
        ]) {
          const foreign = await world.call('GET', path, { token });
          const absent = await world.call('GET', `${path}0`, { token });
          expect([foreign.status, { ...foreign.body, id: '' }]).toEqual([404, { ...absent.body, id: '' }]);
        }
        expect(await status('POST', `/client-apps/${ids.bot}/block`, {})).toBe(404);
        expect(await status('POST', `/connections/${ids['bot/wiki']}/block`, {})).toBe(404);
        expect(await status('GET', '/rules')).toBe(403);
        expect(await status('GET', '/people')).toBe(403);
      },
    );

    verifies('LES-67', `${engine}: what opens access needs both ends; what stops it needs one`, async () => {
      const theirs = (resourceApp: string | undefined, clientApp = ids.agent): object => ({
        clientApp,
        resourceApp,
        resourceClientId: 'x',
        scopes: ['mail.read'],
      });
      expect(await status('POST', '/connections', theirs(ids.mail))).toBe(403);
      expect(await status('POST', '/connections', theirs('rap_of_nobody'))).toBe(403);
      expect(await status('POST', '/connections', theirs(ids.chat, ids.bot))).toBe(403);
      const oneEnd = `/connections/${ids['agent/wiki']}`;
      expect((await world.change('PATCH', oneEnd, { lifetimeSeconds: 10 }, token)).status).toBe(403);
      expect((await world.change('POST', `${oneEnd}/block`, {}, token)).status).toBe(200);
      expect((await world.change('POST', `${oneEnd}/approve`, {}, token)).status).toBe(403);
      const bothEnds = `/connections/${ids['agent/chat']}`;
      expect((await world.change('PATCH', bothEnds, { lifetimeSeconds: 90 }, token)).status).toBe(200);
      expect((await world.change('POST', `${bothEnds}/block`, {}, token)).status).toBe(200);
      expect((await world.change('POST', `${bothEnds}/approve`, {}, token)).body.state).toBe('approved');
    });

    verifies(
      'LES-67',
      `${engine}: an app owner attaches no powerful thing: no risky scope, no tag, no resource, no method`,
      async () => {
        const chat = await world.call('GET', `/resource-apps/${ids.chat}`);
        const [first, ...others] = chat.body.resources;
        const risky = { ...first, name: undefined, scopes: { ...first.scopes, 'chat.purge': { risk: 'admin' } } };
        const resources = [risky, ...others].map(({ name: _name, ...resource }) => resource);
        expect((await world.change('PATCH', `/resource-apps/${ids.chat}`, { resources })).status).toBe(200);
        const bothEnds = `/connections/${ids['agent/chat']}`;
        expect((await world.change('PATCH', bothEnds, { scopes: ['chat.read', 'chat.purge'] }, token)).status).toBe(
          403,
        );
        expect((await world.change('PATCH', bothEnds, { scopes: ['chat.read', 'chat.write'] }, token)).status).toBe(
          200,
        );
        expect((await world.change('PATCH', bothEnds, { scopes: ['chat.read', 'chat.purge'] })).status).toBe(200);
        expect((await world.change('POST', `${bothEnds}/block`, {}, token)).status).toBe(200);
        expect((await world.change('POST', `${bothEnds}/approve`, {}, token)).status).toBe(403);

        for (const patch of [
          { tags: ['trusted'] },
          { authMethods: ['none'] },
          { grantTypes: ['x'] },
          { dpopRequired: false },
        ])
          expect((await world.change('PATCH', `/client-apps/${ids.agent}`, patch, token)).status).toBe(403);
        for (const patch of [{ tags: ['standard'] }, { resources }, { aliases: [] }, { tenantClaim: 'x' }])
          expect((await world.change('PATCH', `/resource-apps/${ids.chat}`, patch, token)).status).toBe(403);
        expect((await world.change('PATCH', `/client-apps/${ids.agent}`, { name: 'Agent 2' }, token)).status).toBe(200);
        expect((await world.change('PATCH', `/resource-apps/${ids.chat}`, { name: 'Chat 2' }, token)).status).toBe(200);
      },
    );

    verifies(
      'LES-67',
      `${engine}: an app owner reads decisions about own apps, and in none of them who the person was`,
      async () => {
        const person = await world.userId('ada');
        const { body } = await world.call('GET', '/decisions', { token });
        expect(body.items.length).toBeGreaterThan(0);
        for (const decision of body.items) {
          expect(decision.person).toBeNull();
          expect(decision.client === 'agent' || decision.audience === ras).toBe(true);
        }
        const one = await world.call('GET', `/decisions/${mine.decision}`, { token });
        expect(one.status).toBe(200);
        const issued = await world.call('GET', `/issuances/${mine.issuance}`, { token });
        for (const text of [JSON.stringify(body), JSON.stringify(one.body), JSON.stringify(issued.body)])
          for (const personal of [person, 'ada', 'ada@acme.example', '10.1.1.1', 'engineering', 'sid-agent-ada'])
            expect(text.replaceAll('engineers', '')).not.toContain(personal);
        expect(await status('GET', `/decisions?person=${person}`)).toBe(403);
        expect(await status('GET', `/issuances?person=${person}`)).toBe(403);
        const mailOnly = await world.token('app_owner', { clientApps: [], resourceApps: ['mail'] });
        expect((await world.call('GET', '/decisions', { token: mailOnly })).body.items).toEqual([]);
        expect((await world.call('GET', `/decisions/${mine.decision}`, { token: mailOnly })).status).toBe(404);
        expect((await world.call('GET', `/issuances/${mine.issuance}`, { token: mailOnly })).status).toBe(404);
      },
    );
  });
}
