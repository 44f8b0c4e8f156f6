import { verifies } from '@crossgrant/testkit';
import { freshDatabaseUrl, startPostgres } from '@crossgrant/testkit/postgres';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, expect } from 'vitest';
import { endSessions, type PersonInput, revokePerson } from '../src/index.ts';
import {
  agentSecret,
  askSignOn,
  clientAuthentication,
  loopback,
  redeemCallback,
  redirectUri,
  type SignOnWorld,
  startSignOnWorld,
} from './sign-on-world.ts';

const people: readonly PersonInput[] = Array.from({ length: 2 }, (_, index) => ({
  username: `person${index}`,
  email: `person${index}@acme.example`,
  password: `password of ${index}`,
}));

let baseUrl = process.env.CROSSGRANT_TEST_POSTGRES ?? '';
let stop = async (): Promise<void> => undefined;

beforeAll(async () => {
  if (baseUrl !== '') return;
  const started = await startPostgres();
  baseUrl = started.url;
  stop = started.stop;
}, 120_000);
afterAll(() => stop());

async function callbackOf(world: SignOnWorld, index = 0, clientId = 'agent') {
  const browser = createRobotBrowser();
  const asked = await askSignOn(world, clientId);
  const callback = await signOn(browser, asked.url, { username: `person${index}`, password: `password of ${index}` });
  return { browser, asked, callback };
}

function redeem(origin: string, asked: { verifier: string }, callback: URL): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: asked.verifier,
    client_id: 'agent',
    client_secret: agentSecret,
  });
  return fetch(`${origin}/token`, { method: 'POST', body });
}

function renew(origin: string, token: string): Promise<Response> {
  return fetch(`${origin}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: 'editor' }),
  });
}

for (const engine of ['sqlite', 'postgres'] as const) {
  const start = async (): Promise<SignOnWorld> =>
    startSignOnWorld({ people: people, url: engine === 'postgres' ? await freshDatabaseUrl(baseUrl) : undefined });

  verifies(
    ['LES-24', 'SSO-01'],
    `50 parallel uses of one code through two replicas give one answer at most, ${engine}`,
    async () => {
      const world = await start();
      const replica = await world.replica();
      const { asked, callback } = await callbackOf(world);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          redeem(index % 2 === 0 ? world.issuer : replica.origin, asked, callback),
        ),
      );
      expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 400]));
      await replica.close();
      await world.close();
    },
    120_000,
  );

  verifies(
    'LES-24',
    `50 parallel rotations against one revocation leave no live token, ${engine}`,
    async () => {
      const world = await start();
      const replica = await world.replica();
      const { asked, callback } = await callbackOf(world, 0, 'editor');
      const { response, claims } = await redeemCallback(world, asked, callback, 'editor');
      const first = response.refresh_token ?? '';
      const renewals = Array.from({ length: 50 }, (_, index) =>
        renew(index % 2 === 0 ? world.issuer : replica.origin, first),
      );
      const revocation = fetch(`${world.issuer}/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ token: first, client_id: 'editor' }),
      });
      const answers = await Promise.all(renewals);
      await revocation;
      const won = answers.filter((answer) => answer.status === 200);
      expect(won.length).toBeLessThanOrEqual(1);
      for (const answer of won) {
        const { refresh_token: next = '' } = (await answer.json()) as { refresh_token?: string };
        expect((await renew(world.issuer, next)).status).toBe(400);
      }
      expect(claims.sid).toBeDefined();
      await replica.close();
      await world.close();
    },
    120_000,
  );

  verifies(
    'LES-24',
    `sessions ended in one process are over in the other, sign-ons that race with a revocation leave nothing, ${engine}`,
    async () => {
      const world = await start();
      const replica = await world.replica();
      const run = await callbackOf(world);
      const { response, claims } = await redeemCallback(world, run.asked, run.callback);
      await endSessions(world.database, world.tenantId, { sid: String(claims.sid) }, Date.now());
      const answer = await fetch(`${replica.origin}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: response.refresh_token ?? '',
          client_id: 'agent',
          client_secret: agentSecret,
        }),
      });
      expect(answer.status).toBe(400);

      const racing = Array.from({ length: 10 }, () => callbackOf(world, 1));
      const user = await world.database.kysely
        .selectFrom('users')
        .select('id')
        .where('username', '=', 'person1')
        .executeTakeFirstOrThrow();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await revokePerson(world.database, world.tenantId, user.id, Date.now());
      const watermark = await world.database.kysely
        .selectFrom('users')
        .select('revoked_before')
        .where('id', '=', user.id)
        .executeTakeFirstOrThrow();
      for (const settled of await Promise.allSettled(racing)) {
        if (settled.status === 'rejected') continue;
        const redeemed = await redeem(world.issuer, settled.value.asked, settled.value.callback);
        if (redeemed.status !== 200) continue;
        const { id_token: token = '' } = (await redeemed.json()) as { id_token?: string };
        const { auth_time: authTime } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
          auth_time: number;
        };
        expect(authTime * 1000).toBeGreaterThanOrEqual(watermark.revoked_before ?? 0);
      }
      await replica.close();
      await world.close();
    },
    120_000,
  );
}

verifies('LES-24', 'a sign-on is finished by another replica than the one that began it', async () => {
  const world = await startSignOnWorld({ people: people });
  const replica = await world.replica();
  const browser = createRobotBrowser();
  const asked = await askSignOn(world);
  const page = await browser.visit(asked.url);
  if (page.kind !== 'page' || page.page.form === undefined) throw new Error('no sign-on page');
  const action = new URL(page.page.form.action.pathname, replica.origin);
  const sent = await browser.request(action, {
    method: 'POST',
    body: 'username=person0&password=password+of+0',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: world.issuer },
  });
  const resumed = await browser.request(new URL(new URL(sent.headers.get('location') ?? '').pathname, replica.origin));
  const callback = new URL(resumed.headers.get('location') ?? '');
  const { response } = await redeemCallback(world, asked, callback);
  const server = await world.metadata();
  const answer = await oauth.refreshTokenGrantRequest(
    { ...server, token_endpoint: `${replica.origin}/token` },
    { client_id: 'agent' },
    clientAuthentication('agent'),
    response.refresh_token ?? '',
    loopback,
  );
  expect(answer.status).toBe(200);
  await replica.close();
  await world.close();
});
