import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { approveConnection, blockConnection, disablePerson } from '../src/index.ts';
import { actor, startIdpWorld } from './idp-world.ts';

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  verifies(
    ['ADM-02', 'LES-20'],
    `${engine}: what is blocked on one replica is refused by the other in the very next exchange`,
    async () => {
      const database =
        engine === 'SQLite' ? undefined : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');
      const world = await startIdpWorld({ database });
      try {
        const other = await world.replica();
        const { idp } = world;
        for (let round = 0; round < 20; round += 1) {
          expect((await world.exchange({}, { at: other })).status).toBe(200);
          await blockConnection(idp.database, idp.tenantId, 'agent/chat', actor);
          expect((await world.exchange({}, { at: other })).body.error).toBe('access_denied');
          await approveConnection(idp.database, idp.tenantId, 'agent/chat', actor);
          expect((await world.exchange({}, { at: other })).status).toBe(200);
        }
        const token = await world.idToken();
        await disablePerson(other.database, other.tenantId, await world.userId('ada'), actor);
        expect((await world.exchange({ subject_token: token })).body.error).toBe('invalid_grant');
      } finally {
        await world.close();
      }
    },
  );

  verifies('IDJ-05', `${engine}: replicas agree on a pairwise subject`, async () => {
    const database =
      engine === 'SQLite' ? undefined : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');
    const world = await startIdpWorld({ database });
    try {
      const other = await world.replica();
      const token = await world.idToken();
      const wiki = { audience: 'https://wiki.example', resource: undefined, scope: undefined, subject_token: token };
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => world.exchange(wiki, { at: index % 2 === 0 ? other : world.idp })),
      );
      const subjects = answers.map(
        ({ body }) =>
          (
            JSON.parse(Buffer.from(String(body.access_token).split('.')[1] ?? '', 'base64url').toString()) as {
              sub: string;
            }
          ).sub,
      );
      expect(new Set(subjects).size).toBe(1);
    } finally {
      await world.close();
    }
  });
}
