import { newId } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import type { AccountLinkKey } from '../src/index.ts';
import { expectRefusal, redeemed } from './expect-refusal.ts';
import {
  createWorld,
  idJag,
  idp,
  idp2,
  nowSeconds,
  payloadOf,
  trustedIssuer,
  type World,
  type WorldOptions,
} from './support.ts';

const at = nowSeconds * 1000;
const link: AccountLinkKey = { customerId: 'chat', issuer: idp, tenant: '', subject: 'U019488227' };
const off = { jit: false, email: false, verifiedDomains: [], audSub: false };
const byEmail = { ...off, email: true, verifiedDomains: ['acme.example'] };

async function subjectOf(world: World, assertion: string): Promise<unknown> {
  return payloadOf((await redeemed(world, assertion)).access_token).sub;
}

async function worldWithAccount(
  options: WorldOptions = {},
  account: { state?: 'active' | 'disabled'; scopes?: readonly string[] } = {},
): Promise<World> {
  const world = createWorld(options);
  await world.store.declareAccount({ customerId: 'chat', accountId: 'acc_ada', at, ...account });
  await world.store.linkAccount(link, 'acc_ada', at);
  world.change({ epoch: await world.store.readEpoch() });
  return world;
}

async function change(world: World, part: { state?: 'active' | 'disabled'; revokedBefore?: number }): Promise<void> {
  await world.store.changeAccount({
    customerId: 'chat',
    accountId: 'acc_ada',
    ...part,
    audit: { id: newId('aud'), scope: 'ras', at, kind: 'change', outcome: 'done' },
  });
}

verifies(
  ['SUB-02', 'ATK-21'],
  'one subject from two issuers, or in two tenants, is two people; the same one is met again',
  async () => {
    const world = createWorld();
    const first = await subjectOf(world, idJag());
    expect(await subjectOf(world, idJag())).toBe(first);
    expect(await subjectOf(world, idJag({}, { key: 'idp2' }))).not.toBe(first);
  },
);

verifies(
  ['SUB-03', 'RED-13', 'ATK-22'],
  'a multi-tenant issuer must name a tenant, and each leads to its own customer',
  async () => {
    const world = createWorld({
      trusted: { tenant: { mode: 'multi', map: { t1: 'acme', t2: 'globex' } } },
      customers: [
        { customerId: 'chat', state: 'active' },
        { customerId: 'acme', state: 'active' },
        { customerId: 'globex', state: 'active' },
      ],
    });
    await expectRefusal(world, idJag(), 'assertion/tenant-missing');
    for (const tenant of ['t3', 'T1', '__proto__', 'constructor'])
      await expectRefusal(world, idJag({ tenant }), 'assertion/tenant-unknown');
    const first = await subjectOf(world, idJag({ tenant: 't1' }));
    const second = await subjectOf(world, idJag({ tenant: 't2' }));
    expect(first).not.toBe(second);
    expect(world.audit.at(-1)?.facts).toMatchObject({ tenant: 't2', customer: 'globex' });
  },
);

verifies(
  ['SUB-04', 'RED-13', 'ADM-04', 'ATK-22'],
  'a tenant nobody pinned is refused, and the administrator sees which one it was',
  async () => {
    const world = createWorld();
    await expectRefusal(world, idJag({ tenant: 'tenant-42' }), 'assertion/tenant-unpinned');
    expect(world.audit.at(-1)).toMatchObject({
      code: 'assertion/tenant-unpinned',
      facts: { issuer: idp, detail: { tenant: 'tenant-42' } },
    });
  },
);

verifies(['SUB-04', 'LES-37'], 'a pinned tenant is the only one, and absence is not it', async () => {
  const world = createWorld({ trusted: { tenant: { mode: 'single', pin: 'tenant-42' } } });
  await redeemed(world, idJag({ tenant: 'tenant-42' }));
  await expectRefusal(world, idJag({ tenant: 'tenant-43' }), 'assertion/tenant-mismatch');
  await expectRefusal(world, idJag(), 'assertion/tenant-mismatch');
});

verifies(
  ['SUB-05', 'RED-13', 'ATK-23'],
  'aud_tenant chooses among customers where the issuer may act anyway, and nothing else',
  async () => {
    const customers = [
      { customerId: 'chat', state: 'active' as const },
      { customerId: 'second', state: 'active' as const },
      { customerId: 'foreign', state: 'active' as const },
    ];
    const world = createWorld({ customers, trusted: { audTenants: ['second'] } });
    await redeemed(world, idJag({ aud_tenant: 'chat' }));
    expect(payloadOf((await redeemed(world, idJag({ aud_tenant: 'second' }))).access_token).customer).toBe('second');
    await expectRefusal(world, idJag({ aud_tenant: 'foreign' }), 'assertion/audience-tenant');
    const multi = createWorld({
      customers,
      trusted: { tenant: { mode: 'multi', map: { t1: 'chat' } }, audTenants: ['second'] },
    });
    await expectRefusal(multi, idJag({ tenant: 't1', aud_tenant: 'second' }), 'assertion/audience-tenant');
  },
);

verifies('SUB-06', 'a client of another customer does not work for this one', async () => {
  await expectRefusal(createWorld({ client: { customerIds: ['globex'] } }), idJag(), 'assertion/client-not-vouched');
  await redeemed(createWorld({ client: { customerIds: ['globex', 'chat'] } }), idJag());
});

verifies(
  'SUB-07',
  'aud_sub names an account only where the issuer may, and only the one the link leads to',
  async () => {
    const allowed = { linking: { ...off, audSub: true } };
    const world = createWorld({ trusted: allowed });
    await world.store.declareAccount({ customerId: 'chat', accountId: 'acc_7', at });
    await world.store.declareAccount({ customerId: 'chat', accountId: 'acc_8', at });
    await world.store.declareAccount({ customerId: 'other', accountId: 'acc_9', at });
    world.change({ epoch: await world.store.readEpoch() });

    expect(await subjectOf(world, idJag({ aud_sub: 'acc_7' }))).toBe('acc_7');
    expect(await subjectOf(world, idJag())).toBe('acc_7');
    await expectRefusal(world, idJag({ aud_sub: 'acc_8' }), 'account/link-conflict');
    await expectRefusal(world, idJag({ sub: 'U2', aud_sub: 'acc_7' }), 'account/link-conflict');
    await expectRefusal(world, idJag({ sub: 'U2', aud_sub: 'acc_9' }), 'account/unresolved');
  },
);

verifies(
  'SUB-07',
  'aud_sub of an issuer that may not name accounts is refused, also where provisioning is on',
  async () => {
    const world = createWorld();
    await world.store.declareAccount({ customerId: 'chat', accountId: 'acc_7', at });
    world.change({ epoch: await world.store.readEpoch() });
    await expectRefusal(world, idJag({ aud_sub: 'acc_7' }), 'account/unresolved');
  },
);

async function worldWithAda(options: WorldOptions, verified = true): Promise<World> {
  const world = createWorld(options);
  await world.store.declareAccount({ customerId: 'chat', accountId: 'acc_ada', at });
  if (verified)
    await world.store.addEmail({
      customerId: 'chat',
      accountId: 'acc_ada',
      email: 'ada@acme.example',
      verified: true,
      at,
    });
  world.change({ epoch: await world.store.readEpoch() });
  return world;
}

verifies(
  ['SUB-08', 'ATK-24'],
  'a verified address in a verified domain links once; afterwards the subject decides',
  async () => {
    const world = await worldWithAda({ trusted: { linking: byEmail } });
    expect(await subjectOf(world, idJag({ email: 'ada@ACME.example' }))).toBe('acc_ada');
    expect(world.audit.at(-1)?.facts).toMatchObject({ accountBy: 'email' });
    expect(await subjectOf(world, idJag())).toBe('acc_ada');
    await expectRefusal(world, idJag({ sub: 'U-recycled', email: 'ada@acme.example' }), 'account/link-conflict');
  },
);

verifies(['SUB-08', 'ATK-24', 'LES-14'], 'an address that proves nothing links nobody', async () => {
  const world = await worldWithAda({ trusted: { linking: byEmail } });
  for (const claims of [
    {},
    { email: 'ada@acme.example', email_verified: false },
    { email: 'ada@evil.example' },
    { email: 'ada@sub.acme.example' },
    { email: 'Ada@acme.example' },
    { email: 'ada＠acme.example@evil.example' },
    { email: 'x@evil.example@acme.example' },
    { email: '"ada@acme.example"@evil.example' },
    { email: 'ada+x@acme.example' },
  ]) {
    await expectRefusal(world, idJag(claims), 'account/email');
  }
});

verifies(['SUB-08', 'ATK-24'], 'a verified address in a domain not verified for the issuer links nobody', async () => {
  const world = await worldWithAda({ trusted: { linking: byEmail } });
  const email = 'ada@home.example';
  await world.store.addEmail({ customerId: 'chat', accountId: 'acc_ada', email, verified: true, at });
  await expectRefusal(world, idJag({ email }), 'account/email');
});

verifies(['SUB-08', 'ATK-24'], 'two accounts with the address are none', async () => {
  const world = await worldWithAda({ trusted: { linking: { ...byEmail, jit: true } } });
  await world.store.declareAccount({ customerId: 'chat', accountId: 'acc_twin', at });
  await world.store.addEmail({
    customerId: 'chat',
    accountId: 'acc_twin',
    email: 'ada@acme.example',
    verified: true,
    at,
  });
  world.change({ epoch: await world.store.readEpoch() });
  await expectRefusal(world, idJag({ email: 'ada@acme.example' }), 'account/email');
});

verifies(
  ['SUB-08', 'LES-51'],
  'an account whose address nobody verified here is not linked: the person gets another one or none',
  async () => {
    await expectRefusal(
      await worldWithAda({ trusted: { linking: byEmail } }, false),
      idJag({ email: 'ada@acme.example' }),
      'account/email',
    );
    const world = await worldWithAda({ trusted: { linking: { ...byEmail, jit: true } } }, false);
    expect(await subjectOf(world, idJag({ email: 'ada@acme.example' }))).not.toBe('acc_ada');
  },
);

verifies('SUB-08', 'an issuer that does not link by address never does', async () => {
  const world = await worldWithAda({});
  expect(await subjectOf(world, idJag({ email: 'ada@acme.example' }))).not.toBe('acc_ada');
});

verifies(['SUB-09', 'RED-23'], 'a new person is refused where provisioning is off', async () => {
  const world = createWorld({ trusted: { linking: off } });
  await expectRefusal(world, idJag(), 'account/provisioning-off');
});

verifies(['SUB-09', 'RED-23'], 'a refused attempt leaves no account behind', async () => {
  const world = createWorld();
  await expectRefusal(world, idJag({ session_expiry: 1 }), 'assertion/session-ended');
  await expectRefusal(world, idJag({ scope: 'nothing' }), 'assertion/scope-empty');
  expect(await world.store.findLink(link)).toBeUndefined();
});

verifies(['SUB-09', 'ATK-65'], 'a deactivated link blocks provisioning', async () => {
  const world = createWorld();
  await redeemed(world, idJag());
  await world.store.deactivateLink(link, { id: newId('aud'), scope: 'ras', at, kind: 'change', outcome: 'done' });
  await expectRefusal(world, idJag(), 'account/inactive');
  await expectRefusal(world, idJag({ email: 'ada@acme.example' }), 'account/inactive');
});

verifies(['RED-24', 'LES-20'], 'a disabled account is denied, not told to try again with another grant', async () => {
  const world = await worldWithAccount({}, { state: 'disabled' });
  await expectRefusal(world, idJag(), 'account/inactive');
});

verifies(['RED-24', 'LES-20'], 'a disabled customer is denied', async () => {
  const world = createWorld({ customers: [{ customerId: 'chat', state: 'disabled' }] });
  await expectRefusal(world, idJag(), 'account/not-entitled');
});

verifies('RED-19', 'the ceiling of the account narrows further, down to a refusal', async () => {
  const world = await worldWithAccount({}, { scopes: ['chat.read'] });
  expect((await redeemed(world, idJag())).scope).toBe('chat.read');
  await expectRefusal(world, idJag({ scope: 'chat.history' }), 'assertion/scope-empty');
});

verifies(
  ['RED-25', 'REV-12', 'ATK-48', 'LES-75'],
  'only a sign-on strictly later than the watermark counts',
  async () => {
    const world = await worldWithAccount();
    await change(world, { revokedBefore: at });
    await expectRefusal(world, idJag({ auth_time: nowSeconds - 1 }), 'account/revoked');
    await expectRefusal(world, idJag({ auth_time: nowSeconds }), 'account/revoked');
    world.at(10);
    await redeemed(world, idJag({ auth_time: nowSeconds + 1 }));
  },
);

verifies(['RED-25', 'REV-12', 'ATK-48'], 'a sign-on dated ahead does not outlive a revocation', async () => {
  const world = await worldWithAccount();
  await change(world, { revokedBefore: at });
  await expectRefusal(world, idJag({ auth_time: nowSeconds + 365 * 86_400 }), 'assertion/auth-time');
  await expectRefusal(world, idJag({ auth_time: nowSeconds + 30 }), 'account/revoked');
});

verifies(
  ['RED-25', 'REV-12'],
  'an assertion that does not say when the person signed on is refused for a day',
  async () => {
    const world = await worldWithAccount();
    await change(world, { revokedBefore: at });
    const later = (seconds: number): string =>
      idJag({ auth_time: undefined, iat: nowSeconds + seconds, exp: nowSeconds + seconds + 60 });
    world.at(24 * 3600 - 1);
    await expectRefusal(world, later(24 * 3600 - 1), 'account/revoked');
    world.at(24 * 3600);
    await redeemed(world, later(24 * 3600));
  },
);

verifies(['LES-20', 'ATK-48'], 'a decision that was overtaken by a revocation is made again and refused', async () => {
  const world = await worldWithAccount();
  const overtaken: typeof world.store.findAccount = world.store.findAccount;
  let reads = 0;
  Object.assign(world.store, {
    findAccount: async (...name: Parameters<typeof overtaken>) => {
      const found = await overtaken(...name);
      if (reads++ === 0) await change(world, { state: 'disabled' });
      return found;
    },
  });
  await expectRefusal(world, idJag(), 'account/inactive');
  expect([reads, world.refreshes]).toEqual([2, 1]);
});

verifies(['RED-23', 'SUB-02'], 'two trusted issuers with tenants of one name keep their people apart', async () => {
  const world = createWorld({
    trusted: { tenant: { mode: 'single', pin: 't' } },
    moreIssuers: [trustedIssuer(idp2, 'idp2', [], { tenant: { mode: 'single', pin: 't' } })],
  });
  expect(await subjectOf(world, idJag({ tenant: 't' }))).not.toBe(
    await subjectOf(world, idJag({ tenant: 't' }, { key: 'idp2' })),
  );
});
