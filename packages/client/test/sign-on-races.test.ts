import { verifies } from '@crossgrant/testkit';
import { afterEach, beforeEach, expect } from 'vitest';
import { expectFailure } from './expect-failure.ts';
import { type Answer, exchangeAnswer, oauthError, startWorld, type World } from './fake-parties.ts';
import { createSlowStore, type Held, hold, type SlowStore } from './slow-store.ts';

let world: World;
let sessions: SlowStore;
beforeEach(async () => {
  sessions = createSlowStore();
  world = await startWorld((options) => ({ ...options, sessions }));
});
afterEach(() => world.close());

const askToken = (more: object = {}) =>
  settled(world.client.accessToken({ session: 'ses_alice', resource: world.resource, ...more }));
const adopt = async (claims: Record<string, unknown> = {}, refreshToken?: string) =>
  world.client.adoptSignOn({ idToken: await world.idToken(claims), refreshToken, session: 'ses_alice' });
const stored = () => sessions.load('ses_alice');
const refreshes = () => world.idp.askedFor('/token').filter((entry) => entry.form.has('refresh_token'));
const subjectTokens = () => world.idp.askedFor('/token').flatMap((entry) => entry.form.get('subject_token') ?? []);

/** A failure is looked at later. */
function settled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** Lets the next refresh hang at the identity provider until it is released, and answers it with this. */
function holdRefresh(answer: Answer): Held {
  const refresh = hold();
  world.idp.answer('POST /token', async ({ form }) => {
    if (form.get('grant_type') !== 'refresh_token') return exchangeAnswer(world.idJag());
    await refresh.pass();
    return answer;
  });
  return refresh;
}

async function refreshed(refreshToken: string | undefined): Promise<Answer> {
  const id_token = await world.idToken({ jti: 'refreshed' });
  return { json: { access_token: 'at', token_type: 'Bearer', id_token, refresh_token: refreshToken } };
}

for (const [how, rotated, signedOn] of [
  ['with another refresh token', 'rt-next', 'rt-new'],
  ['with the same refresh token', undefined, 'rt-first'],
  ['without a refresh token', 'rt-next', undefined],
] as const) {
  verifies(['LES-93', 'CLI-10'], `a refresh does not overwrite a newer sign-on ${how}`, async () => {
    await adopt({}, 'rt-first');
    world.clock.now += 700_000;
    const refresh = holdRefresh(await refreshed(rotated));
    const token = askToken();
    await refresh.reached;
    const stronger = await adopt({ acr: 'phr' }, signedOn);
    refresh.release();
    await token;
    expect(await stored()).toEqual(stronger);
    expect(subjectTokens()).toEqual([stronger.idToken]);
  });
}

verifies('LES-93', 'a refresh that was being stored does not land on top of a newer sign-on', async () => {
  await adopt({}, 'rt-first');
  world.clock.now += 700_000;
  const save = sessions.holdNext('save');
  const token = askToken();
  await save.reached;
  const signOn = settled(adopt({ acr: 'phr' }, 'rt-new'));
  save.release();
  const [newer] = await Promise.all([signOn, token]);
  expect(await stored()).toEqual(newer);
});

verifies('LES-93', 'a refresh that could not be stored does not overwrite a sign-on of another process', async () => {
  await adopt({}, 'rt-first');
  world.clock.now += 700_000;
  sessions.breakDown(true);
  await expectFailure(askToken(), 'token_store_failed', 'sign_on');
  sessions.breakDown(false);
  const idToken = await world.idToken({ acr: 'phr' });
  const elsewhere = { ...world.session, idToken, idTokenExpiresAt: world.clock.now + 600_000, refreshToken: 'rt-new' };
  await sessions.save(elsewhere);
  await askToken();
  expect(await stored()).toEqual(elsewhere);
});

verifies('LES-93', 'a sign-on that could not be stored leaves the refreshed session to be stored', async () => {
  await adopt({}, 'rt-first');
  world.clock.now += 700_000;
  sessions.breakDown(true);
  await expectFailure(askToken(), 'token_store_failed', 'sign_on');
  await expectFailure(adopt({}, 'rt-new'), 'token_store_failed', 'sign_on');
  sessions.breakDown(false);
  await askToken();
  expect((await stored())?.refreshToken).toBe('rt-next');
});

verifies('CLI-10', 'a refresh that is refused after a newer sign-on goes on with that sign-on', async () => {
  await adopt({}, 'rt-first');
  world.clock.now += 700_000;
  const refresh = holdRefresh(oauthError('invalid_grant'));
  const token = askToken();
  await refresh.reached;
  const stronger = await adopt({ acr: 'phr' }, 'rt-new');
  refresh.release();
  await token;
  expect(subjectTokens()).toEqual([stronger.idToken]);
});

verifies(
  ['CLI-10', 'LES-93'],
  'a session that was refreshed while its resource was looked up is used as it is now',
  async () => {
    await adopt({}, 'rt-first');
    world.clock.now += 700_000;
    const document = hold();
    world.mcp.answer('GET /.well-known/oauth-protected-resource/other', async () => {
      await document.pass();
      return { json: { resource: `${world.mcp.url}/other`, authorization_servers: [world.ras.url] } };
    });
    const other = askToken({ resource: `${world.mcp.url}/other` });
    await document.reached;
    await askToken();
    world.idp.answer('POST /token', () => exchangeAnswer(world.idJag({ resource: `${world.mcp.url}/other` })));
    document.release();
    expect((await other).resource).toBe(`${world.mcp.url}/other`);
    expect(refreshes()).toHaveLength(1);
  },
);

verifies(['DEL-01', 'LES-93'], 'clearing an expired assertion does not overwrite a newer sign-on', async () => {
  world.clock.now += 700_000;
  const document = hold();
  world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', async () => {
    await document.pass();
    return { json: { resource: world.resource, authorization_servers: [world.ras.url] } };
  });
  const token = askToken();
  await document.reached;
  const newer = await adopt({ acr: 'phr' }, 'rt-new');
  document.release();
  await token;
  expect(await stored()).toEqual(newer);
});

verifies(['CLI-09', 'ATK-64'], 'a refresh ends a session that belongs to another person by now', async () => {
  await adopt({}, 'rt-first');
  world.clock.now += 700_000;
  const refresh = holdRefresh(await refreshed('rt-next'));
  const token = askToken();
  await refresh.reached;
  await sessions.save({ ...world.session, subject: 'mallory', refreshToken: 'rt-mallory' });
  refresh.release();
  await expectFailure(token, 'account_switched', 'sign_on');
  expect(await stored()).toBeUndefined();
});

verifies(['CLI-06', 'CLI-07'], 'after a stronger sign-on nobody gets the token of a request from before', async () => {
  await askToken();
  const exchange = hold();
  world.idp.answer('POST /token', async () => {
    await exchange.pass();
    return exchangeAnswer(world.idJag());
  });
  const early = askToken({ scopes: ['chat.read'] });
  await exchange.reached;
  world.idp.answer('POST /token', () => exchangeAnswer(world.idJag()));
  const stronger = await adopt({ acr: 'phr' });
  const late = await askToken({ scopes: ['chat.read'] });
  expect(subjectTokens().at(-1)).toBe(stronger.idToken);
  exchange.release();
  expect((await early).value).not.toBe(late.value);
  expect((await askToken({ scopes: ['chat.read'] })).value).toBe(late.value);
});

verifies('CLI-06', 'the token that a stronger sign-on in mid-request brought is kept', async () => {
  const weak = world.session.idToken;
  world.idp.answer('POST /token', ({ form }) =>
    form.get('subject_token') === weak ? oauthError('insufficient_user_authentication') : exchangeAnswer(world.idJag()),
  );
  const first = await askToken({ signOnAgain: () => adopt({ acr: 'phr' }) });
  expect((await askToken()).value).toBe(first.value);
});

verifies('CLI-09', 'a removal that is still under way does not take a new sign-on with it', async () => {
  const idToken = await world.idToken({ sub: 'bob' });
  const remove = sessions.holdNext('remove');
  const signOut = world.client.signOut('ses_alice');
  await remove.reached;
  const signOn = settled(world.client.adoptSignOn({ idToken, session: 'ses_alice' }));
  await new Promise((resolve) => setImmediate(resolve));
  remove.release();
  await Promise.all([signOut, signOn]);
  expect((await stored())?.subject).toBe('bob');
});

verifies('CLI-09', 'a session that ends for another person does not take a sign-on after it along', async () => {
  const idToken = await world.idToken();
  const remove = sessions.holdNext('remove');
  const switched = adopt({ sub: 'mallory' });
  await remove.reached;
  const signOn = settled(world.client.adoptSignOn({ idToken, session: 'ses_alice' }));
  await new Promise((resolve) => setImmediate(resolve));
  remove.release();
  await expectFailure(switched, 'account_switched', 'sign_on');
  await signOn;
  expect((await stored())?.subject).toBe('alice');
});
