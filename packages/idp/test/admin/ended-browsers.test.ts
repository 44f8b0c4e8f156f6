import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import type { RobotBrowser } from '@crossgrant/testkit/sign-on-robot';
import { expect } from 'vitest';
import { createAdminToken, disablePerson, enablePerson, endSession, revokePerson } from '../../src/index.ts';
import { actor, type IdpWorld, people } from '../idp-world.ts';
import { password, signOnFor, startSigningWorld } from '../signed-on.ts';
import { engines } from './admin-world.ts';

/** Whether the cookie of a browser alone gets a code for another client than the one it signed on to. */
async function signsOnSilently({ idp }: IdpWorld, browser: RobotBrowser): Promise<boolean> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'bot',
    redirect_uri: 'http://127.0.0.1:9/cb',
    scope: 'openid',
    prompt: 'none',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const visit = await browser.visit(`${idp.url}/authorize?${query}`);
  if (visit.kind === 'page') throw new Error(`a page: ${visit.page.alert ?? visit.page.status}`);
  return visit.url.searchParams.has('code');
}

/** Session artefacts of oidc-provider: what the cookie of a browser names. */
async function storedBrowsers({ idp }: IdpWorld): Promise<number> {
  const kysely = idp.database.kysely;
  const rows = await kysely.selectFrom('oidc_artifacts').select('id').where('kind', '=', 'Session').execute();
  return rows.length;
}

for (const engine of engines) {
  verifies(
    ['LES-19', 'LES-20', 'SSO-10'],
    `${engine}: after a person was disabled or their access ended, by command or admin API, no cookie signs on silently`,
    async () => {
      const world = await startSigningWorld({
        database: engine === 'SQLite' ? undefined : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? ''),
        config: { admin: { listen: '127.0.0.1:0' }, people: people.map((person) => ({ ...person, password })) },
      });
      const { database, tenantId, adminUrl } = world.idp;
      try {
        const everything = {
          name: 'o',
          role: 'owner',
          lifetimeMs: 3_600_000,
          clientApps: [],
          resourceApps: [],
        } as const;
        const { token } = await createAdminToken(database, tenantId, everything, world.clock.nowMs);
        const ask = (id: string, act: string) =>
          fetch(`${adminUrl}/admin/v1/people/${id}/${act}`, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
            body: JSON.stringify({ reason: 'the laptop is gone' }),
          }).then(({ status }) => expect(status).toBe(200));
        const acts: readonly (readonly [person: string, end: (id: string) => Promise<unknown>])[] = [
          ['ada', (id) => disablePerson(database, tenantId, id, actor)],
          ['bob', (id) => revokePerson(database, tenantId, id, actor, world.clock.nowMs)],
          ['carl', (id) => ask(id, 'disable')],
          ['sue', (id) => ask(id, 'end-access')],
        ];
        for (const [person, end] of acts) {
          const id = await world.userId(person);
          const { browser } = await signOnFor(world, { person });
          const other = await signOnFor(world, { person });
          expect(await endSession(database, tenantId, String(other.claims.sid), actor)).toBe(true);
          expect(await signsOnSilently(world, browser)).toBe(true);
          const before = await storedBrowsers(world);
          await end(id);
          expect([person, await storedBrowsers(world)]).toEqual([person, before - 2]);
          await enablePerson(database, tenantId, id, actor);
          for (const each of [browser, other.browser])
            expect([person, await signsOnSilently(world, each)]).toEqual([person, false]);
        }
      } finally {
        await world.close();
      }
    },
    60_000,
  );
}
