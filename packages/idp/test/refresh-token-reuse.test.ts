import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import type { IdpWorld } from './idp-world.ts';
import { refreshTokenType, renew, signOnFor, startSigningWorld } from './signed-on.ts';

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  const start = async (): Promise<IdpWorld> =>
    startSigningWorld({
      database: engine === 'SQLite' ? undefined : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? ''),
    });
  const exchangeBy = (world: IdpWorld, refreshToken: string, at = world.idp) =>
    world.exchange({ subject_token: refreshToken, subject_token_type: refreshTokenType }, { at });

  verifies(
    ['RTK-03', 'LES-25', 'LES-20'],
    `${engine}: a token that was replaced twice within one instant, shown as subject after a restart, ends its family`,
    async () => {
      const world = await start();
      try {
        const { refreshToken: first } = await signOnFor(world);
        const second = String((await renew(world, first)).refresh_token);
        const third = String((await renew(world, second)).refresh_token);
        expect((await exchangeBy(world, third)).status).toBe(200);

        const restarted = await world.replica({ listen: '127.0.0.1:0' });
        const refused = await exchangeBy(world, first, restarted);
        expect(refused.body.error).toBe('invalid_grant');
        expect(await world.audit(refused.id)).toMatchObject({
          outcome: 'refused',
          code: 'subject-token/refresh-token-reused',
          client: 'agent',
          personal: { person: await world.userId('ada') },
        });
        for (const token of [third, second, first]) {
          expect((await exchangeBy(world, token)).body.error).toBe('invalid_grant');
          expect((await renew(world, token)).error).toBe('invalid_grant');
        }
      } finally {
        await world.close();
      }
    },
  );

  verifies(
    ['RTK-03', 'LES-24', 'LES-25'],
    `${engine}: an exchange that races with a renewal of its token on another replica wins before it, or ends the family`,
    async () => {
      const world = await start();
      try {
        const other = await world.replica({ listen: '127.0.0.1:0' });
        let token = (await signOnFor(world)).refreshToken;
        for (let round = 0; round < 12; round += 1) {
          const [exchanged, renewed, again] = await Promise.all([
            exchangeBy(world, token, other),
            renew(world, token),
            exchangeBy(world, token),
          ]);
          const next = String(renewed.refresh_token);
          const isReused = [exchanged, again].some(({ status }) => status !== 200);
          const after = await exchangeBy(world, next, other);
          expect(after.status).toBe(isReused || renewed.error !== undefined ? 400 : 200);

          const late = await exchangeBy(world, token, other);
          expect(late.body.error).toBe('invalid_grant');
          expect((await exchangeBy(world, next)).body.error).toBe('invalid_grant');
          token = (await signOnFor(world)).refreshToken;
        }
      } finally {
        await world.close();
      }
    },
    120_000,
  );
}
