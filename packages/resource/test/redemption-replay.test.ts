import { KeysUnavailable, StoreUnavailable } from '@crossgrant/platform';
import { acceptance } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redemptionSteps } from '../src/index.ts';
import { expectRefusal, redeemed } from './expect-refusal.ts';
import { bodyOf, createWorld, idJag, nowSeconds, tokenRequest } from './support.ts';

verifies(['RED-26', 'ATK-10'], 'a grant is redeemed once', async () => {
  const world = createWorld();
  const assertion = idJag();
  await redeemed(world, assertion);
  await expectRefusal(world, assertion, 'assertion/replayed');
  expect(world.audit.at(-1)).toMatchObject({ outcome: 'refused', ruleIds: ['RED-26'] });
});

verifies(['RED-26', 'ATK-11', 'LES-24'], 'of 20 parallel redemptions of one grant one gets a token', async () => {
  const world = createWorld();
  for (let round = 0; round < 10; round++) {
    const assertion = idJag();
    const responses = await Promise.all(Array.from({ length: 20 }, () => world.server.token(tokenRequest(assertion))));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(responses.filter(({ body }) => body.includes('access_token'))).toHaveLength(1);
  }
});

verifies(['RED-26', 'ATK-12'], 'failed attempts burn nothing', async () => {
  const world = createWorld();
  const assertion = idJag();
  await expectRefusal(world, assertion, 'assertion/scope-empty', { form: { scope: 'nothing' } });
  await expectRefusal(world, assertion, 'assertion/resource-not-within', {
    form: { resource: 'https://files.chat.example/mcp' },
  });
  await world.server.token(tokenRequest(assertion, { credentials: ['nobody', 'x'] }));
  await redeemed(world, assertion);
});

verifies(
  'RED-26',
  'where the issuer is configured so, the same client may redeem again until the grant expires',
  async () => {
    const world = createWorld({ trusted: { reuse: 'allow' } });
    const assertion = idJag();
    const first = await redeemed(world, assertion);
    const second = await redeemed(world, assertion);
    expect(first.access_token).not.toBe(second.access_token);
    world.at(290 + 30);
    await expectRefusal(world, assertion, 'assertion/expired');
  },
);

verifies('LES-26', 'a grant that is still accepted is still remembered, up to its last second', async () => {
  const world = createWorld();
  const assertion = idJag();
  await redeemed(world, assertion);
  world.at(290 + 29);
  await expectRefusal(world, assertion, 'assertion/replayed');
  const shortLived = idJag({ iat: nowSeconds + 290, exp: nowSeconds + 291 });
  await redeemed(world, shortLived);
  await expectRefusal(world, shortLived, 'assertion/replayed');
});

verifies('LES-26', 'accepted at t means remembered at t', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4e9 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: -100, max: 100 }),
      (exp, skew, offset) => {
        const { acceptUntil, keepUntil } = acceptance(exp, skew);
        const now = acceptUntil + offset;
        expect(now < acceptUntil).toBe(exp + skew > now);
        if (now < acceptUntil) expect(now).toBeLessThan(keepUntil);
      },
    ),
  );
});

verifies(
  ['RED-31', 'ADM-04'],
  'the row of a token names the grant it came from, and the audit row joins it by jti',
  async () => {
    const world = createWorld();
    const assertion = idJag({ jti: 'jag-linked' });
    await redeemed(world, assertion);
    const entry = world.audit.at(-1);
    expect(entry).toMatchObject({
      outcome: 'allow',
      jti: 'jag-linked',
      client: 'agent-at-chat',
      scopesGranted: 'chat.read chat.history',
    });
    const row = await world.store.findIssuedToken(String(entry?.facts?.tokenId));
    expect(row).toMatchObject({
      grantIssuer: 'https://acme.idp.example',
      grantTenant: '',
      grantSubject: 'U019488227',
      grantJti: 'jag-linked',
      clientId: 'agent-at-chat',
    });
  },
);

verifies('ATK-11', 'a store that cannot be reached means 503 and no token, never acceptance', async () => {
  const world = createWorld();
  Object.assign(world.store, { commitRedemption: async () => Promise.reject(new StoreUnavailable('gone')) });
  const response = await world.server.token(tokenRequest(idJag()));
  expect({ status: response.status, error: bodyOf(response).error }).toEqual({
    status: 503,
    error: 'temporarily_unavailable',
  });
  expect(response.body).not.toContain('eyJ');
});

verifies('KEY-05', 'an issuer whose keys are not known means 503: neither accepted nor refused', async () => {
  const world = createWorld({ trusted: { keys: { find: async () => Promise.reject(new KeysUnavailable('gone')) } } });
  expect((await world.server.token(tokenRequest(idJag()))).status).toBe(503);
});

test('each dependency that throws ends as 503 or 500 with an id and nothing else', async () => {
  for (const name of ['findLink', 'createLinkedAccount', 'commitRedemption', 'appendAudit'] as const) {
    const world = createWorld();
    Object.assign(world.store, { [name]: async () => Promise.reject(new Error('a secret inside')) });
    const assertion = name === 'appendAudit' ? 'x.y.z' : idJag();
    const response = await world.server.token(tokenRequest(assertion));
    expect([name, response.status, bodyOf(response).error]).toEqual([name, 500, 'server_error']);
    expect(response.body).not.toContain('secret');
  }
});

test('a decision that is overtaken five times ends as 503', async () => {
  const world = createWorld();
  Object.assign(world.store, { commitRedemption: async () => 'stale' });
  expect((await world.server.token(tokenRequest(idJag()))).status).toBe(503);
  expect(world.refreshes).toBe(5);
});

test('the steps stand in the order of the specification, apart from the two whose input comes later', () => {
  const rules = redemptionSteps.steps.map((step) => step.rules[0]);
  expect(rules).toEqual([
    'RED-01',
    'RED-05',
    'RED-01',
    'RED-03',
    'RED-04',
    'RED-06',
    'RED-05',
    'RED-08',
    'RED-07',
    'RED-09',
    'RED-10',
    'RED-11',
    'RED-12',
    'RED-13',
    'RED-14',
    'RED-15',
    'RED-15',
    'RED-16',
    'RED-17',
    'RED-18',
    'DPO-06',
    'RED-19',
    'STP-06',
    'RED-21',
    'RED-23',
    'RED-24',
    'RED-25',
    'RED-29',
    'RED-23',
  ]);
  expect(new Set(redemptionSteps.steps.map((step) => step.name)).size).toBe(redemptionSteps.steps.length);
});

verifies(['IDJ-22', 'ATK-60'], 'no assertion and no token reaches the audit log', async () => {
  const world = createWorld();
  const assertion = idJag();
  await redeemed(world, assertion);
  await expectRefusal(world, assertion, 'assertion/replayed');
  await expectRefusal(world, idJag({ act: 'eyJhbGciOiJub25lIn0.e30.x' }), 'assertion/actor');
  const text = JSON.stringify(world.audit);
  expect(text).not.toContain(assertion.split('.')[2]);
  expect(text).not.toMatch(/eyJ[\w-]+\.eyJ/);
});
