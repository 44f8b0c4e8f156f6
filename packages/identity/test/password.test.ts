import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, type RobotPage, signOn } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { upsertPerson } from '../src/index.ts';
import { alice, askSignOn, type SignOnWorld, startSignOnWorld } from './sign-on-world.ts';

const longPassword = 'ä'.repeat(500);
const bob = { username: 'bob', password: longPassword };
let world: SignOnWorld;

beforeAll(async () => {
  world = await startSignOnWorld({
    people: [alice, bob, { username: 'carol' }, { username: 'dora', password: 'dora pass' }],
  });
});
afterEach(() => vi.useRealTimers());
afterAll(() => world.close());

async function tryOnce(username: string, password: string) {
  const browser = createRobotBrowser();
  const first = await browser.visit((await askSignOn(world)).url);
  if (first.kind !== 'page') throw new Error('no sign-on page');
  const answer = await browser.submit(first.page, { username, password });
  return answer.kind === 'left'
    ? { signedOn: true as const, page: undefined }
    : { signedOn: false as const, page: answer.page };
}

async function unlock(): Promise<void> {
  await world.database.kysely.updateTable('users').set({ failed_sign_ons: 0, locked_until: null }).execute();
}

async function audited(): Promise<readonly { outcome: string; code: string | null }[]> {
  return world.database.kysely
    .selectFrom('audit_rows')
    .select(['outcome', 'code'])
    .where('kind', '=', 'sign_on')
    .orderBy('sequence')
    .execute();
}

function sentence(page: RobotPage | undefined): string {
  return page?.alert ?? '';
}

test('a wrong password shows the form again with a sentence and the name, and is on record', async () => {
  await unlock();
  const { page } = await tryOnce('alice', 'wrong horse');
  expect(page?.status).toBe(400);
  expect(page?.form?.fields).toMatchObject({ username: 'alice', password: '' });
  expect(sentence(page)).toMatch(/^This name and password do not match\./);
  expect(page?.html).not.toContain('wrong horse');
  expect((await audited()).at(-1)).toEqual({ outcome: 'deny', code: 'sign-on/wrong-password' });
});

test('right after a wrong one the right password signs on', async () => {
  await unlock();
  const browser = createRobotBrowser();
  const first = await browser.visit((await askSignOn(world)).url);
  if (first.kind !== 'page') throw new Error('no sign-on page');
  const second = await browser.submit(first.page, { username: 'alice', password: 'wrong' });
  if (second.kind !== 'page') throw new Error('signed on by a wrong password');
  const third = await browser.submit(second.page, { username: 'alice', password: alice.password ?? '' });
  expect(third.kind).toBe('left');
  expect((await audited()).at(-1)).toEqual({ outcome: 'allow', code: null });
});

verifies(
  'LES-05',
  'tries by name and by e-mail in any spelling meet in one account, which locks after five',
  async () => {
    await unlock();
    for (const name of ['alice', ' ALICE ', 'ａｌｉｃｅ', 'alice@ACME.example', 'ALICE@acme.example'])
      await tryOnce(name, 'wrong');
    const locked = await tryOnce('alice', alice.password ?? '');
    expect(locked.signedOn).toBe(false);
    expect((await audited()).at(-1)?.code).toBe('sign-on/account-locked');
  },
);

verifies('LES-05', 'a lock survives a flood of invented names and a restart, and ends with its time', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await unlock();
  await Promise.all(Array.from({ length: 5 }, () => tryOnce('dora', 'wrong')));
  for (let count = 0; count < 20; count++) await tryOnce(`invented-${count}`, 'wrong');
  const replica = await world.replica();
  expect((await tryOnce('dora', 'dora pass')).signedOn).toBe(false);
  await replica.close();
  vi.setSystemTime(Date.now() + 15 * 60_000 - 1_000);
  expect((await tryOnce('dora', 'dora pass')).signedOn).toBe(false);
  vi.setSystemTime(Date.now() + 2_000);
  expect((await tryOnce('dora', 'dora pass')).signedOn).toBe(true);
});

verifies('LES-05', 'of many parallel guesses no more than five are looked at', async () => {
  await unlock();
  const guesses = Array.from({ length: 12 }, (_, index) =>
    tryOnce('alice', index === 11 ? (alice.password ?? '') : `guess ${index}`),
  );
  await Promise.all(guesses);
  const codes = (await audited()).slice(-12).map((row) => row.code);
  expect(codes.filter((code) => code === 'sign-on/wrong-password').length).toBeLessThanOrEqual(5);
});

verifies(['LES-05', 'ATK-53'], 'an unknown name, a locked account and a wrong password read the same', async () => {
  await unlock();
  const wrong = await tryOnce('alice', 'wrong');
  const unknown = await tryOnce('nobody', 'wrong');
  const withoutPassword = await tryOnce('carol', 'wrong');
  for (let count = 0; count < 5; count++) await tryOnce('alice', 'wrong');
  const locked = await tryOnce('alice', alice.password ?? '');
  const pages = [wrong, unknown, withoutPassword, locked].map(({ page }) => [page?.status, sentence(page)]);
  expect(new Set(pages.map((entry) => JSON.stringify(entry))).size).toBe(1);
});

verifies(
  ['LES-20', 'LES-05'],
  'a disabled person is not signed on, and learns it only with the right password',
  async () => {
    await unlock();
    await upsertPerson(world.database, world.tenantId, { username: 'alice', state: 'disabled' }, Date.now());
    expect(sentence((await tryOnce('alice', 'wrong')).page)).toMatch(/do not match/);
    const right = await tryOnce('alice', alice.password ?? '');
    expect(right.signedOn).toBe(false);
    expect(sentence(right.page)).toMatch(/switched off/);
    expect((await audited()).at(-1)?.code).toBe('sign-on/person-disabled');
    await upsertPerson(world.database, world.tenantId, { username: 'alice', state: 'active' }, Date.now());
    expect((await tryOnce('alice', alice.password ?? '')).signedOn).toBe(true);
  },
);

verifies('LES-39', 'a long password counts to its last byte, and one that is too long is refused', async () => {
  await unlock();
  expect((await tryOnce('bob', `${longPassword.slice(0, -1)}x`)).signedOn).toBe(false);
  expect((await tryOnce('bob', `${longPassword}x`)).signedOn).toBe(false);
  expect((await tryOnce('bob', longPassword)).signedOn).toBe(true);
  await expect(
    upsertPerson(world.database, world.tenantId, { username: 'bob', password: 'x'.repeat(1_025) }, 0),
  ).rejects.toThrow(/1024 bytes/);
});

verifies('LES-39', 'a name of a thousand characters with a wrong password is refused', async () => {
  expect((await tryOnce('a'.repeat(1_000), 'wrong')).signedOn).toBe(false);
});

verifies('LES-14', 'a name with several @ signs nobody on', async () => {
  await unlock();
  for (const name of [
    'alice@acme.example@evil.example',
    'x@evil.example@acme.example',
    'alice＠acme.example@evil.example',
  ]) {
    expect((await tryOnce(name, alice.password ?? '')).signedOn).toBe(false);
  }
  expect((await tryOnce('alice＠acme.example', alice.password ?? '')).signedOn).toBe(true);
});

test('cancel answers the app with access_denied', async () => {
  const browser = createRobotBrowser();
  const asked = await askSignOn(world);
  const first = await browser.visit(asked.url);
  if (first.kind !== 'page') throw new Error('no sign-on page');
  const answer = await browser.submit(first.page, { cancel: '1' });
  expect(answer.kind === 'left' && answer.url.searchParams.get('error')).toBe('access_denied');
});

test('a person deleted and made anew has another subject', async () => {
  const before = await upsertPerson(world.database, world.tenantId, { username: 'erin', password: 'one' }, Date.now());
  await world.database.kysely.deleteFrom('login_identifiers').where('user_id', '=', before.id).execute();
  await world.database.kysely.deleteFrom('users').where('id', '=', before.id).execute();
  const after = await upsertPerson(world.database, world.tenantId, { username: 'erin', password: 'one' }, Date.now());
  expect(after.id).not.toBe(before.id);
  await expect(
    signOn(createRobotBrowser(), (await askSignOn(world)).url, { username: 'erin', password: 'one' }),
  ).resolves.toBeDefined();
});
