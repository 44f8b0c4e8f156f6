import assert from 'node:assert/strict';
import type { AuditEntry } from '@crossgrant/platform';
import { newId, newJti } from '@crossgrant/protocol';
import type { AccountLinkKey, IssuedToken, RedemptionCommit, ResourceStore } from './resource-store.ts';

/** Registers one test: `test` of any runner will do. The name begins with the ids of the rules it proves. */
export type RegisterTest = (name: string, body: () => Promise<void>) => void;

export interface StoreUnderTest {
  readonly store: ResourceStore;
  /** A second store over the same memory, as another replica would open it; absent where there can be none. */
  readonly replica?: ResourceStore;
  close(): Promise<void>;
}

/**
 * What every resource store must do, ours or a stranger's. Each test gets a fresh store from `makeStore`.
 *
 * ```ts
 * import { test } from 'vitest';
 * runResourceStoreContract('my store', makeMyStore, test);
 * ```
 */
export function runResourceStoreContract(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
  register: RegisterTest,
): void {
  for (const [sentence, body] of contract) {
    register(`${sentence} (${name})`, async () => {
      const under = await makeStore();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    });
  }
}

type ContractTest = readonly [sentence: string, body: (under: StoreUnderTest) => Promise<void>];

const at = 1_795_478_400_000;
const customer = 'customer-1';
const key: AccountLinkKey = { customerId: customer, issuer: 'https://idp.example', tenant: '', subject: 'U1' };

const contract: readonly ContractTest[] = [
  ['RED-26 an ID-JAG is committed once', commitsOnce],
  ['RED-26 ATK-11 LES-24 of 20 parallel commits of one ID-JAG exactly one wins, round after round', racesToOne],
  ['ATK-12 the same jti of another issuer, and without a replay record any jti, is free', keepsNamesApart],
  ['LES-20 a decision made at an older epoch is stale and burns nothing', refusesStale],
  ['CAU-03 a proof is used up once, at whichever door, and the token goes with it', usesProofsOnce],
  ['RSV-03 ATK-35 a proof at a resource server is used once, wherever it is used', usesProofAtResourceOnce],
  ['RED-31 an issued token is found with everything it came from', keepsLinkage],
  ['RSV-06 an opaque token is found by the hash of its text alone, ended or not', findsOpaque],
  ['REV-01 a token is ended once, by its own client alone', endsTokens],
  ['SUB-02 LES-39 accounts are told apart by customer, issuer, tenant and subject', tellsApart],
  ['SUB-09 parallel first redemptions of one person make one account', createsOneAccount],
  ['SUB-07 ATK-24 one account has one subject per issuer and tenant', linksOnce],
  ['SUB-08 LES-51 only a verified address of the same customer is found', findsVerifiedEmail],
  ['REV-12 a watermark never moves back, and every change raises the epoch', changesAccounts],
  ['LES-20 ADM-02 a declaration that is repeated undoes no command, another one counts', repeatsDeclarations],
  ['ATK-65 a deactivated link stays and says so', deactivatesLinks],
];

async function commitsOnce({ store }: StoreUnderTest): Promise<void> {
  const epoch = await store.readEpoch();
  assert.equal(await store.commitRedemption(redemption(epoch, 'j1')), 'committed');
  const second = redemption(epoch, 'j1');
  assert.equal(await store.commitRedemption(second), 'replayed');
  assert.equal(await store.findIssuedToken(second.token.tokenId), undefined);
}

async function racesToOne({ store, replica = store }: StoreUnderTest): Promise<void> {
  const epoch = await store.readEpoch();
  for (let round = 0; round < 10; round++) {
    const requests = Array.from({ length: 20 }, () => redemption(epoch, `race-${round}`));
    const outcomes = await Promise.all(
      requests.map((request, index) => (index % 2 === 0 ? store : replica).commitRedemption(request)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'committed').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'replayed').length, 19);
    const rows = await Promise.all(requests.map(({ token }) => replica.findIssuedToken(token.tokenId)));
    assert.deepEqual(
      rows.map((row) => row !== undefined),
      outcomes.map((outcome) => outcome === 'committed'),
    );
  }
}

async function keepsNamesApart({ store }: StoreUnderTest): Promise<void> {
  const epoch = await store.readEpoch();
  for (const [issuer, jti] of [
    ['a:b', 'c'],
    ['a', 'b:c'],
    ['a', 'x'.repeat(2_000)],
    ['b', 'x'.repeat(2_000)],
  ] as const) {
    const request = redemption(epoch, jti);
    assert.equal(
      await store.commitRedemption({ ...request, replay: { issuer, jti, keepUntil: at + 400_000 } }),
      'committed',
    );
  }
  for (let use = 0; use < 2; use++) {
    assert.equal(await store.commitRedemption({ ...redemption(epoch, 'reusable'), replay: undefined }), 'committed');
  }
}

async function refusesStale({ store }: StoreUnderTest): Promise<void> {
  const before = await store.readEpoch();
  await store.declareAccount({ customerId: customer, accountId: 'acc-1', at });
  await store.changeAccount({ customerId: customer, accountId: 'acc-1', state: 'disabled', audit: changeEntry() });
  const after = await store.readEpoch();
  assert.ok(after > before);
  assert.equal(await store.commitRedemption(redemption(before, 'j1')), 'stale');
  assert.equal(await store.commitRedemption(redemption(after + 1, 'j1')), 'stale');
  assert.equal(await store.commitRedemption(redemption(after, 'j1')), 'committed');
}

async function usesProofsOnce({ store, replica = store }: StoreUnderTest): Promise<void> {
  const epoch = await store.readEpoch();
  const proof = (proofKey: string, kind = 'client-assertion') => {
    const whenUsed = { outcome: 'assertion-used', audit: changeEntry() } as const;
    return { kind, key: proofKey, keepUntil: at + 400_000, whenUsed };
  };
  const first = { ...redemption(epoch, 'j1'), proofs: [proof('p1')] };
  assert.equal(await store.commitRedemption(first), 'committed');
  const second = { ...redemption(epoch, 'j2'), proofs: [proof('p1')] };
  assert.equal(await replica.commitRedemption(second), 'assertion-used');
  assert.equal(await replica.findIssuedToken(second.token.tokenId), undefined);
  assert.equal(await replica.commitProofs([proof('p1')], changeEntry()), 'assertion-used');
  assert.equal(await replica.commitProofs([proof('p1', 'dpop-proof')], changeEntry()), 'committed');

  const parallel = [1, 2, 3, 4].map((one) =>
    (one % 2 === 0 ? store : replica).commitProofs([proof('p2')], changeEntry()),
  );
  assert.deepEqual((await Promise.all(parallel)).filter((outcome) => outcome === 'committed').length, 1);
  assert.equal(await store.commitRedemption({ ...redemption(epoch, 'j2'), proofs: [proof('p2')] }), 'assertion-used');
  assert.equal(await store.commitRedemption({ ...redemption(epoch, 'j1'), proofs: [proof('p3')] }), 'replayed');
  assert.equal(await store.commitRedemption({ ...redemption(epoch, 'j2'), proofs: [proof('p3')] }), 'committed');
}

async function usesProofAtResourceOnce({ store, replica = store }: StoreUnderTest): Promise<void> {
  const uses = Array.from({ length: 10 }, (_, index) =>
    (index % 2 === 0 ? store : replica).useProof('p1', at + 3_600_000 * 24 * 365),
  );
  assert.deepEqual((await Promise.all(uses)).filter((isFirst) => isFirst).length, 1);
  assert.equal(await replica.useProof('p1', at + 3_600_000 * 24 * 365), false);
  assert.equal(await store.useProof('p2', at + 3_600_000 * 24 * 365), true);
}

async function keepsLinkage({ store }: StoreUnderTest): Promise<void> {
  const request = redemption(await store.readEpoch(), 'j1');
  const token: IssuedToken = {
    ...request.token,
    authTime: 1_795_474_800,
    acr: 'phr',
    amr: ['mfa'],
    actor: { sub: 'robot' },
  };
  assert.equal(await store.commitRedemption({ ...request, token }), 'committed');
  assert.deepEqual(withoutUndefined(await store.findIssuedToken(token.tokenId)), withoutUndefined(token));
}

async function findsOpaque({ store, replica = store }: StoreUnderTest): Promise<void> {
  const epoch = await store.readEpoch();
  const signed = redemption(epoch, 'j0');
  await store.commitRedemption(signed);
  const opaque = redemption(epoch, 'j1');
  const token = { ...opaque.token, textHash: 'hash-1' };
  assert.equal(await store.commitRedemption({ ...opaque, token }), 'committed');
  assert.deepEqual(withoutUndefined(await replica.findOpaqueToken('hash-1')), withoutUndefined(token));
  for (const other of ['hash-2', '', token.tokenId, signed.token.tokenId])
    assert.equal(await store.findOpaqueToken(other), undefined);
  assert.equal(await store.revokeIssuedToken(token.tokenId, token.clientId, at + 5, changeEntry()), true);
  assert.equal((await replica.findOpaqueToken('hash-1'))?.revokedAt, at + 5);
  const replayed = { ...redemption(epoch, 'j1'), epoch };
  assert.equal(
    await store.commitRedemption({ ...replayed, token: { ...replayed.token, textHash: 'hash-3' } }),
    'replayed',
  );
  assert.equal(await store.findOpaqueToken('hash-3'), undefined);
}

async function endsTokens({ store }: StoreUnderTest): Promise<void> {
  const request = redemption(await store.readEpoch(), 'j1');
  await store.commitRedemption(request);
  const { tokenId, clientId } = request.token;
  assert.equal(await store.revokeIssuedToken(tokenId, 'another-client', at, changeEntry()), false);
  assert.equal((await store.findIssuedToken(tokenId))?.revokedAt, undefined);
  const ends = await Promise.all(
    [1, 2, 3].map(() => store.revokeIssuedToken(tokenId, clientId, at + 5, changeEntry())),
  );
  assert.equal(ends.filter(Boolean).length, 1);
  assert.equal((await store.findIssuedToken(tokenId))?.revokedAt, at + 5);
}

async function tellsApart({ store }: StoreUnderTest): Promise<void> {
  const keys: readonly AccountLinkKey[] = [
    key,
    { ...key, customerId: 'customer-2' },
    { ...key, issuer: 'https://other.example' },
    { ...key, tenant: 't1' },
    { ...key, subject: 'u1' },
    { ...key, tenant: 'a', subject: 'b:c' },
    { ...key, tenant: 'a:b', subject: 'c' },
  ];
  for (const [index, one] of keys.entries())
    await store.createLinkedAccount(newAccount(`acc-${index}`, one.customerId), one);
  const found = await Promise.all(keys.map((one) => store.findLink(one)));
  assert.deepEqual(
    found.map((link) => link?.accountId),
    keys.map((_, index) => `acc-${index}`),
  );
  assert.equal(await store.findAccount('customer-2', 'acc-0'), undefined);
}

async function createsOneAccount({ store, replica = store }: StoreUnderTest): Promise<void> {
  const made = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      (index % 2 === 0 ? store : replica).createLinkedAccount(newAccount(`acc-${index}`), key),
    ),
  );
  const ids = new Set(made.map((account) => account.accountId));
  assert.equal(ids.size, 1);
  assert.equal((await store.findLink(key))?.accountId, [...ids][0]);
  const accounts = await Promise.all(made.map((_, index) => store.findAccount(customer, `acc-${index}`)));
  assert.equal(accounts.filter((account) => account !== undefined).length, 1);
}

async function linksOnce({ store }: StoreUnderTest): Promise<void> {
  await store.declareAccount({ customerId: customer, accountId: 'acc-1', at });
  await store.declareAccount({ customerId: customer, accountId: 'acc-2', at });
  assert.equal(await store.linkAccount(key, 'acc-1', at), 'linked');
  assert.equal(await store.linkAccount(key, 'acc-1', at), 'linked');
  assert.equal(await store.linkAccount(key, 'acc-2', at), 'taken');
  assert.equal(await store.linkAccount({ ...key, subject: 'U2' }, 'acc-1', at), 'taken');
  assert.equal(await store.linkAccount({ ...key, issuer: 'https://other.example' }, 'acc-1', at), 'linked');
}

async function findsVerifiedEmail({ store }: StoreUnderTest): Promise<void> {
  await store.declareAccount({ customerId: customer, accountId: 'acc-1', at });
  await store.declareAccount({ customerId: 'customer-2', accountId: 'acc-1', at });
  await store.createLinkedAccount({ ...newAccount('acc-3'), assertedEmail: 'ada@acme.example' }, key);
  const ada = { customerId: customer, accountId: 'acc-1', email: 'ada@acme.example', verified: true, at };
  await store.addEmail({ ...ada, verified: false });
  assert.deepEqual(await store.findAccountsByVerifiedEmail(customer, 'ada@acme.example'), []);
  await store.addEmail(ada);
  await store.addEmail({ ...ada, verified: false });
  assert.deepEqual(
    (await store.findAccountsByVerifiedEmail(customer, 'ada@acme.example')).map(({ accountId }) => accountId),
    ['acc-1'],
  );
  assert.deepEqual(await store.findAccountsByVerifiedEmail('customer-2', 'ada@acme.example'), []);
  assert.deepEqual(await store.findAccountsByVerifiedEmail(customer, 'ADA@acme.example'), []);
  await store.declareAccount({ customerId: customer, accountId: 'acc-2', at });
  await store.addEmail({ ...ada, accountId: 'acc-2' });
  assert.equal((await store.findAccountsByVerifiedEmail(customer, 'ada@acme.example')).length, 2);
}

async function changesAccounts({ store }: StoreUnderTest): Promise<void> {
  await store.declareAccount({ customerId: customer, accountId: 'acc-1', scopes: ['read'], at });
  let epoch = await store.readEpoch();
  const change = async (part: Partial<Parameters<ResourceStore['changeAccount']>[0]>): Promise<void> => {
    assert.equal(
      await store.changeAccount({ customerId: customer, accountId: 'acc-1', audit: changeEntry(), ...part }),
      true,
    );
    const next = await store.readEpoch();
    assert.ok(next > epoch);
    epoch = next;
  };
  await change({ revokedBefore: at + 2_000 });
  await change({ revokedBefore: at + 1_000, state: 'disabled' });
  const account = await store.findAccount(customer, 'acc-1');
  assert.deepEqual([account?.state, account?.revokedBefore, account?.scopes], ['disabled', at + 2_000, ['read']]);
  await store.declareAccount({ customerId: customer, accountId: 'acc-1', at });
  assert.equal((await store.findAccount(customer, 'acc-1'))?.state, 'disabled');
  await change({ state: 'active', scopes: 'every' });
  assert.deepEqual((await store.findAccount(customer, 'acc-1'))?.scopes, undefined);
  assert.equal(
    await store.changeAccount({
      customerId: 'customer-2',
      accountId: 'acc-1',
      state: 'disabled',
      audit: changeEntry(),
    }),
    false,
  );
}

async function repeatsDeclarations({ store }: StoreUnderTest): Promise<void> {
  const acc = { customerId: customer, accountId: 'acc-1' };
  const declare = (part: { state?: 'active' | 'disabled'; scopes?: readonly string[] }) =>
    store.declareAccount({ ...acc, at, ...part });
  const now = async (): Promise<unknown> => {
    const account = await store.findAccount(customer, 'acc-1');
    return [account?.state, account?.scopes];
  };
  await declare({ state: 'active', scopes: ['read', 'write'] });
  await store.changeAccount({ ...acc, state: 'disabled', scopes: ['read'], audit: changeEntry() });
  const epoch = await store.readEpoch();
  await declare({ state: 'active', scopes: ['read', 'write'] });
  assert.deepEqual(await now(), ['disabled', ['read']]);
  assert.equal(await store.readEpoch(), epoch);
  await declare({ state: 'disabled', scopes: ['write'] });
  assert.deepEqual(await now(), ['disabled', ['write']]);
  await declare({ state: 'active' });
  assert.deepEqual(await now(), ['active', undefined]);
}

async function deactivatesLinks({ store }: StoreUnderTest): Promise<void> {
  await store.createLinkedAccount(newAccount('acc-1'), key);
  assert.equal(await store.deactivateLink({ ...key, tenant: 'other' }, changeEntry()), false);
  assert.equal(await store.deactivateLink(key, changeEntry()), true);
  assert.equal((await store.findLink(key))?.state, 'deactivated');
  const again = await store.createLinkedAccount(newAccount('acc-2'), key);
  assert.equal(again.accountId, 'acc-1');
  assert.equal((await store.findLink(key))?.state, 'deactivated');
}

function redemption(epoch: number, jti: string): RedemptionCommit {
  const tokenId = newId('tok', at);
  return {
    epoch,
    replay: { issuer: key.issuer, jti, keepUntil: at + 400_000 },
    token: {
      tokenId,
      customerId: customer,
      accountId: 'acc-1',
      clientId: 'agent',
      audience: 'https://mcp.example/mcp',
      scope: 'read',
      issuedAt: at,
      expiresAt: at + 3_600_000 * 24 * 365,
      grantIssuer: key.issuer,
      grantTenant: key.tenant,
      grantSubject: key.subject,
      grantJti: jti,
    },
    audit: { id: newId('aud', at), scope: 'ras', at, kind: 'redemption', outcome: 'allow', jti },
    auditWhenReplayed: { id: newId('aud', at), scope: 'ras', at, kind: 'redemption', outcome: 'refused', jti },
  };
}

function newAccount(accountId: string, customerId = customer): Parameters<ResourceStore['createLinkedAccount']>[0] {
  return { accountId, customerId, state: 'active', createdAt: at };
}

function changeEntry(): AuditEntry {
  return { id: `aud_${newJti()}`, scope: 'ras', at, kind: 'change', outcome: 'done' };
}

function withoutUndefined(value: object | undefined): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
