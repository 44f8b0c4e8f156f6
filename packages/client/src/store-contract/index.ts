import type { Session, SessionStore } from '../sessions.ts';

/** One thing that a session store has to do, to be run by any test runner. */
export interface StoreCase {
  readonly name: string;
  /** Fails with an error that says what is wrong. `open` gives a store that is empty, shared by all that it opens. */
  run(open: () => Promise<SessionStore>): Promise<void>;
}

/** What every session store has to do. Where sessions are shared by processes, let `open` give one of two connections. */
export const sessionStoreContract: readonly StoreCase[] = [
  { name: 'what was saved is loaded, to the letter, and what was not is nothing', run: loadsWhatWasSaved },
  { name: 'a later save wins', run: laterSaveWins },
  { name: 'a session is replaced only while it has the revision that was read', run: replacesOneRevision },
  { name: 'of many that replace one revision at once, one succeeds', run: oneReplacementWins },
  { name: 'a session that was removed is neither loaded, found nor replaced', run: removedIsGone },
  { name: 'sessions are found by person and by session of the identity provider', run: findsByPersonAndSid },
];

async function loadsWhatWasSaved(open: () => Promise<SessionStore>): Promise<void> {
  const [store, other] = [await open(), await open()];
  const session = sampleSession({
    idToken: 'a.b-_c.d',
    refreshToken: '\u{1F511} "quoted" \\',
    acr: 'phr',
    authTime: 0,
  });
  await store.save(session);
  expectSame(await other.load(session.id), session);
  expectSame(await other.load('ses_unknown'), undefined);
}

async function laterSaveWins(open: () => Promise<SessionStore>): Promise<void> {
  const store = await open();
  await store.save(sampleSession({ refreshToken: 'first' }));
  const later = sampleSession({ revision: 'r2' });
  await store.save(later);
  expectSame(await store.load(later.id), later);
}

async function replacesOneRevision(open: () => Promise<SessionStore>): Promise<void> {
  const [store, other] = [await open(), await open()];
  const [first, second] = [sampleSession({}), sampleSession({ revision: 'r2', refreshToken: 'second' })];
  await store.save(first);
  expectSame(await other.replace(first, second), true);
  expectSame(await store.replace(first, sampleSession({ revision: 'r3' })), false);
  expectSame(await store.load(first.id), second);
}

async function oneReplacementWins(open: () => Promise<SessionStore>): Promise<void> {
  const first = sampleSession({});
  await (await open()).save(first);
  const stores = await Promise.all(Array.from({ length: 20 }, open));
  const replaced = await Promise.all(
    stores.map((store, index) => store.replace(first, sampleSession({ revision: `r-${index}` }))),
  );
  expectSame(replaced.filter(Boolean).length, 1);
}

async function removedIsGone(open: () => Promise<SessionStore>): Promise<void> {
  const [store, other] = [await open(), await open()];
  const session = sampleSession({});
  await store.save(session);
  await other.remove(session.id);
  await other.remove(session.id);
  expectSame(await store.load(session.id), undefined);
  expectSame(await store.find({ subject: session.subject }), []);
  expectSame(await store.replace(session, sampleSession({ revision: 'r2' })), false);
  expectSame(await store.load(session.id), undefined);
}

async function findsByPersonAndSid(open: () => Promise<SessionStore>): Promise<void> {
  const store = await open();
  const people = [
    { id: 'ses_1', subject: 'alice', sid: 's1' },
    { id: 'ses_2', subject: 'alice', sid: 's2' },
    { id: 'ses_3', subject: 'bob', sid: 's1' },
    { id: 'ses_4', subject: 'bob' },
  ];
  for (const person of people) await store.save({ ...sampleSession({}), sid: undefined, ...person });
  const find = async (match: { subject?: string; sid?: string }) => [...(await store.find(match))].sort();
  expectSame(await find({ subject: 'alice' }), ['ses_1', 'ses_2']);
  expectSame(await find({ sid: 's1' }), ['ses_1', 'ses_3']);
  expectSame(await find({ subject: 'alice', sid: 's1' }), ['ses_1']);
  expectSame(await find({ subject: "' or ''='" }), []);
  expectSame(await find({}), []);
}

function sampleSession(more: Partial<Session>): Session {
  return {
    id: 'ses_contract-1',
    issuer: 'https://idp.example',
    subject: 'alice',
    sid: 's1',
    signOn: 's-1',
    revision: 'r1',
    ...more,
  };
}

/** Members that are `undefined` and members that are absent are the same here: stores write JSON. */
function expectSame(found: unknown, expected: unknown): void {
  const [foundText, expectedText] = [canonical(found), canonical(expected)];
  if (foundText !== expectedText) throw new Error(`expected ${expectedText}, found ${foundText}`);
}

function canonical(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}
