import { generateSigningKey } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upsertClientApp } from '../src/index.ts';
import {
  agent,
  agentSecret,
  alice,
  askSignOn,
  editor,
  redirectUri,
  type SignOnWorld,
  startSignOnWorld,
} from './sign-on-world.ts';

const otherSecret = 'other-secret-0123456789abcdef0123456789abcdef';
const basicOnly = { ...agent, clientId: 'basic-only', tokenEndpointAuthMethods: ['client_secret_basic'] as const };
const postOnly = { ...agent, clientId: 'post-only', tokenEndpointAuthMethods: ['client_secret_post'] as const };
const keyOnly = {
  ...agent,
  clientId: 'key-only',
  tokenEndpointAuthMethods: ['private_key_jwt'] as const,
  keys: { jwks: { keys: [generateSigningKey('ES256').publicJwk] } },
};
let world: SignOnWorld;

beforeAll(async () => {
  world = await startSignOnWorld({ clients: [agent, editor, basicOnly, postOnly, keyOnly] });
});
afterAll(() => world.close());

/** A refresh with a token nobody has: authentication decides between invalid_client and invalid_grant. */
async function present(fields: Record<string, string> | string, headers: Record<string, string> = {}) {
  const body =
    typeof fields === 'string'
      ? fields
      : new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'unknown', ...fields }).toString();
  const response = await fetch(`${world.issuer}/token`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
  const answer = (await response.json()) as { error: string; error_description: string };
  return {
    status: response.status,
    error: answer.error,
    description: answer.error_description,
    challenge: response.headers.get('www-authenticate'),
  };
}

function basic(clientId: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` };
}
const proven = { status: 400, error: 'invalid_grant' };

verifies('CAU-05', 'a secret arrives by Basic, raw or form-encoded, or in the body', async () => {
  expect(await present({}, basic('agent', agentSecret))).toMatchObject(proven);
  expect(await present({}, basic('agent', agentSecret.replaceAll('-', '%2D')))).toMatchObject(proven);
  expect(await present({ client_id: 'agent', client_secret: agentSecret })).toMatchObject(proven);
});

verifies(
  ['CAU-05', 'CAU-08', 'LES-28'],
  'two methods at once, or two client ids, are refused although one would do',
  async () => {
    expect(
      await present({ client_id: 'agent', client_secret: agentSecret }, basic('agent', agentSecret)),
    ).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await present({ client_id: 'editor' }, basic('agent', agentSecret))).toMatchObject({
      status: 400,
      error: 'invalid_request',
    });
    const assertion = {
      client_assertion: 'a.b.c',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    };
    expect(await present({ client_id: 'agent', client_secret: agentSecret, ...assertion })).toMatchObject({
      status: 400,
      error: 'invalid_request',
    });
  },
);

verifies(
  'CAU-06',
  'a wrong, missing or foreign secret is refused with one sentence, and a challenge where Basic was tried',
  async () => {
    const wrong = await present({}, basic('agent', otherSecret));
    expect(wrong).toMatchObject({ status: 401, error: 'invalid_client', challenge: `Basic realm="${world.issuer}"` });
    const answers = [
      wrong,
      await present({}, basic('nobody', agentSecret)),
      await present({ client_id: 'agent' }),
      await present({ client_id: 'agent', client_secret: `${agentSecret}x` }),
      await present({ client_id: 'agent', client_secret: agentSecret.slice(0, -1) }),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.error, answer.description.replace(/aud_\w+/, 'ID')]).toEqual([
        401,
        'invalid_client',
        'Client authentication failed [ID]',
      ]);
    }
    const rows = await world.database.kysely
      .selectFrom('audit_rows')
      .select('code')
      .where('kind', '=', 'client_authentication')
      .where('outcome', '=', 'refused')
      .execute();
    expect(rows.map((row) => row.code)).toEqual(
      expect.arrayContaining(['client/secret', 'client/unknown', 'client/method']),
    );
  },
);

verifies('CAU-06', 'two secrets overlap during a rotation, and the old one ends at its time', async () => {
  const rotating = {
    ...agent,
    clientId: 'rotating',
    secrets: [{ secret: agentSecret, expiresAt: Date.now() + 60_000 }, otherSecret],
  };
  await upsertClientApp(world.database, world.tenantId, rotating, { secretBox: world.secretBox, now: Date.now() });
  for (const secret of [agentSecret, otherSecret])
    expect(await present({}, basic('rotating', secret))).toMatchObject(proven);
  const ended = { ...rotating, secrets: [{ secret: agentSecret, expiresAt: Date.now() - 1 }, otherSecret] };
  await upsertClientApp(world.database, world.tenantId, ended, { secretBox: world.secretBox, now: Date.now() });
  expect(await present({}, basic('rotating', agentSecret))).toMatchObject({ status: 401 });
  expect(await present({}, basic('rotating', otherSecret))).toMatchObject(proven);
});

verifies('CAU-06', 'the database holds no secret, and the row of one client opens no other', async () => {
  const rows = await world.database.kysely.selectFrom('client_secrets').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(agentSecret);
  const own = await startSignOnWorld({ clients: [agent, { ...agent, clientId: 'thief', secrets: [otherSecret] }] });
  const apps = await own.database.kysely.selectFrom('client_apps').select(['id', 'client_id']).execute();
  const idOf = (clientId: string) => apps.find((app) => app.client_id === clientId)?.id ?? '';
  const stolen = await own.database.kysely
    .selectFrom('client_secrets')
    .select('mac')
    .where('client_app_id', '=', idOf('agent'))
    .executeTakeFirstOrThrow();
  await own.database.kysely
    .updateTable('client_secrets')
    .set({ mac: stolen.mac })
    .where('client_app_id', '=', idOf('thief'))
    .execute();
  const answer = await fetch(`${own.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: 'thief',
      client_secret: agentSecret,
    }),
  });
  expect(answer.status).toBe(401);
  await own.close();
});

verifies('LES-28', 'only the registered method proves the client', async () => {
  expect(await present({}, basic('basic-only', agentSecret))).toMatchObject(proven);
  expect(await present({ client_id: 'basic-only', client_secret: agentSecret })).toMatchObject({
    status: 401,
    error: 'invalid_client',
  });
  expect(await present({ client_id: 'post-only', client_secret: agentSecret })).toMatchObject(proven);
  expect(await present({}, basic('post-only', agentSecret))).toMatchObject({ status: 401, error: 'invalid_client' });
  expect(await present({}, basic('key-only', agentSecret))).toMatchObject({ status: 401, error: 'invalid_client' });
  expect(await present({}, basic('editor', agentSecret))).toMatchObject({ status: 401, error: 'invalid_client' });
  expect(await present({ client_id: 'editor' })).toMatchObject(proven);
});

verifies(['LES-29', 'ATK-57'], 'Basic has one spelling', async () => {
  const text = Buffer.from(`agent:${agentSecret}`).toString('base64');
  const spellings = [
    `Basic ${text.slice(0, 20)} ${text.slice(20)}`,
    `Basic ${text.replace(/=+$/, '')}=`,
    `Basic ${text}==`,
    `Basic ${text.slice(0, 8)}=${text.slice(8)}`,
    `Basic  ${text}`,
    `Bearer ${text}`,
    `Basic ${Buffer.from(`agent:${agentSecret}:x`).toString('base64')}`,
    `Basic ${Buffer.from('agent').toString('base64')}`,
    `Basic ${Buffer.from(`agent:%zz${agentSecret}`).toString('base64')}`,
    `Basic ${Buffer.from(`agent%00:${agentSecret}`).toString('base64')}`,
  ];
  for (const authorization of spellings) {
    const answer = await present({}, { authorization });
    expect([authorization, answer.status]).toEqual([authorization, 401]);
  }
});

verifies('LES-29', 'no prefix and no altered form of a live token works', async () => {
  const asked = await askSignOn(world);
  const callback = await signOn(createRobotBrowser(), asked.url, { username: 'alice', password: alice.password ?? '' });
  const code = callback.searchParams.get('code') ?? '';
  for (const candidate of [
    code.slice(0, -1),
    code.slice(0, 22),
    `${code}x`,
    `${code}=`,
    code.toUpperCase(),
    ` ${code}`,
  ]) {
    const answer = await present(
      { grant_type: 'authorization_code', code: candidate, redirect_uri: redirectUri, code_verifier: asked.verifier },
      basic('agent', agentSecret),
    );
    expect([candidate, answer.error]).toEqual([candidate, 'invalid_grant']);
  }
});

verifies('LES-27', 'a credential of one kind is none of another', async () => {
  const asked = await askSignOn(world);
  const browser = createRobotBrowser();
  const callback = await signOn(browser, asked.url, { username: 'alice', password: alice.password ?? '' });
  const code = callback.searchParams.get('code') ?? '';
  const session = [...browser.cookies].find(([name]) => name.endsWith('-session'))?.[1] ?? '';
  for (const token of [code, session])
    expect(await present({ refresh_token: token }, basic('agent', agentSecret))).toMatchObject(proven);
  expect(
    await present(
      { grant_type: 'authorization_code', code: session, redirect_uri: redirectUri, code_verifier: asked.verifier },
      basic('agent', agentSecret),
    ),
  ).toMatchObject(proven);
  for (const token of [code, session])
    expect((await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(
      401,
    );
});

verifies('LES-29', 'the database holds no credential that works', async () => {
  const asked = await askSignOn(world);
  const browser = createRobotBrowser();
  const callback = await signOn(browser, asked.url, { username: 'alice', password: alice.password ?? '' });
  const rows = JSON.stringify(await world.database.kysely.selectFrom('oidc_artifacts').selectAll().execute());
  expect(rows).not.toContain(callback.searchParams.get('code') ?? 'no code');
  for (const value of browser.cookies.values()) expect(rows).not.toContain(value);
});

test('a parameter sent twice, another media type and a broken escape are refused before any client is looked up', async () => {
  expect(await present('grant_type=refresh_token&client_id=agent&client_id=editor')).toMatchObject({
    status: 400,
    error: 'invalid_request',
  });
  expect(await present('grant_type=refresh_token&client_id=%zz')).toMatchObject({
    status: 400,
    error: 'invalid_request',
  });
  expect(await present('{}', { 'content-type': 'application/json' })).toMatchObject({
    status: 415,
    error: 'invalid_request',
  });
});

test('revocation needs the client of the token', async () => {
  const asked = await askSignOn(world);
  const callback = await signOn(createRobotBrowser(), asked.url, { username: 'alice', password: alice.password ?? '' });
  const redeemed = await fetch(`${world.issuer}/token`, {
    method: 'POST',
    headers: basic('agent', agentSecret),
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: asked.verifier,
    }),
  });
  const { refresh_token: token = '' } = (await redeemed.json()) as { refresh_token?: string };
  const revoke = (headers: Record<string, string>, more: Record<string, string> = {}) =>
    fetch(`${world.issuer}/revoke`, { method: 'POST', headers, body: new URLSearchParams({ token, ...more }) });
  const renew = () =>
    fetch(`${world.issuer}/token`, {
      method: 'POST',
      headers: basic('agent', agentSecret),
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
    });
  expect((await revoke({})).status).toBe(401);
  expect((await revoke({}, { client_id: 'editor' })).status).toBe(200);
  expect((await renew()).status).toBe(200);
  expect((await revoke(basic('agent', agentSecret))).status).toBe(200);
  expect((await renew()).status).toBe(400);
});
