import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { startThreeServers, type ThreeServers } from '../../fixtures/three-servers.ts';
import { callTool, claimsOf, exchange, redeem, renew, signOn } from './token-requests.ts';

async function withServers(run: (servers: ThreeServers) => Promise<void>): Promise<void> {
  const servers = await startThreeServers({
    change: (world) => ({
      ...world,
      policy: {
        ...world.policy,
        clientApps: world.policy.clientApps.map((app) => ({ ...app, refreshTokenRotation: true })),
      },
    }),
  });
  try {
    await run(servers);
  } finally {
    await servers.close();
  }
}

verifies(
  ['RTK-02', 'RTK-03', 'RTK-05', 'TEX-10'],
  'a refresh token goes through all hops, as often as it is shown, and the call reaches the tool',
  () =>
    withServers(async (servers) => {
      const { refreshToken, idToken } = await signOn(servers);
      for (let round = 0; round < 2; round += 1) {
        const exchanged = await exchange(servers, { refreshToken });
        expect(exchanged.body).toMatchObject({ token_type: 'N_A', expires_in: 300 });
        expect(exchanged.body.refresh_token).toBeUndefined();
        const redeemed = await redeem(servers, exchanged.body.access_token);
        expect(redeemed.body.refresh_token).toBeUndefined();
        expect(claimsOf(redeemed.body.access_token).auth_time).toBe(claimsOf(idToken).auth_time);
        const answer = await callTool(servers, redeemed.body.access_token, 'search', { q: 'hello' });
        expect(await answer.text()).toContain('Hello from the export team');
      }
      expect(servers.logLines.join('')).not.toContain(refreshToken);
    }),
);

verifies(
  ['RTK-03', 'LES-25', 'LES-20'],
  'a refresh token that was replaced, shown as subject, ends its family: no renewal and no ID-JAG is left in it',
  () =>
    withServers(async (servers) => {
      const { refreshToken: stolen } = await signOn(servers);
      const live = String((await renew(servers, stolen)).body.refresh_token);
      expect((await exchange(servers, { refreshToken: live })).status).toBe(200);

      const reused = await exchange(servers, { refreshToken: stolen });
      expect(reused.body).toMatchObject({
        error: 'invalid_grant',
        error_description: expect.stringMatching(/^The subject token is not acceptable \[aud_/),
      });
      for (const token of [live, stolen]) {
        expect((await exchange(servers, { refreshToken: token })).body.error).toBe('invalid_grant');
        expect((await renew(servers, token)).body.error).toBe('invalid_grant');
      }
      const again = await signOn(servers);
      expect((await exchange(servers, { refreshToken: again.refreshToken })).status).toBe(200);
    }),
);
