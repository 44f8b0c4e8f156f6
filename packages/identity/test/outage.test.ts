import { StoreUnavailable } from '@crossgrant/platform';
import { expect, test } from 'vitest';
import { agentSecret, askSignOn, startSignOnWorld } from './sign-on-world.ts';

test('without its database sign-on says that nothing was decided, and nothing else', async () => {
  const snapshotClients = (): never => {
    throw new StoreUnavailable('the database file stays locked');
  };
  const world = await startSignOnWorld({ snapshotClients });
  const asked = await askSignOn(world);
  const page = await fetch(asked.url, { redirect: 'manual', headers: { accept: 'text/html' } });
  expect([page.status, page.headers.get('location')]).toEqual([503, null]);
  expect(await page.text()).toContain('nothing was decided');
  const fields = { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'agent', client_secret: agentSecret };
  const token = await fetch(`${world.issuer}/token`, { method: 'POST', body: new URLSearchParams(fields) });
  const body = (await token.json()) as { error: string; error_description: string };
  expect([token.status, body.error]).toEqual([503, 'temporarily_unavailable']);
  expect(body.error_description).not.toMatch(/database|sqlite/i);
  await world.close();
});
