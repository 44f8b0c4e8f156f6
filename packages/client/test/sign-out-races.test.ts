import { verifies } from '@crossgrant/testkit';
import { afterEach, beforeEach, expect } from 'vitest';
import { expectFailure } from './expect-failure.ts';
import { inTurn, startWorld, unauthorized, type World } from './fake-parties.ts';
import { createSlowStore, hold, type SlowStore } from './slow-store.ts';

let world: World;
let sessions: SlowStore;
beforeEach(async () => {
  sessions = createSlowStore();
  world = await startWorld((options) => ({ ...options, sessions }));
});
afterEach(() => world.close());

const askToken = (more: object = {}) =>
  settled(world.client.accessToken({ session: 'ses_alice', resource: world.resource, ...more }));
const post = (more: object = {}) =>
  settled(world.client.fetch('ses_alice', world.resource, { method: 'POST', body: '{"q":1}' }, more));
const adopt = async (claims: Record<string, unknown> = {}, refreshToken?: string) =>
  settled(world.client.adoptSignOn({ idToken: await world.idToken(claims), refreshToken, session: 'ses_alice' }));
const stored = () => sessions.load('ses_alice');

/** A failure is looked at later. */
function settled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

verifies('CLI-09', 'a session that was being read at sign-out is not used', async () => {
  const load = sessions.holdNext('load');
  const token = askToken();
  await load.reached;
  await world.client.signOut('ses_alice');
  load.release();
  await expectFailure(token, 'signed_out', 'sign_on');
  expect(world.seen).toEqual([]);
});

verifies('CLI-09', 'a cached token is not handed out when sign-out comes during discovery', async () => {
  await askToken();
  world.clock.now += 400_000;
  const document = hold();
  world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', async () => {
    await document.pass();
    return { json: { resource: world.resource, authorization_servers: [world.ras.url] } };
  });
  const token = askToken({ scopes: ['chat.read', 'chat.history'] });
  await document.reached;
  await world.client.signOut('ses_alice');
  document.release();
  await expectFailure(token, 'signed_out', 'discovery');
});

verifies('CLI-09', 'a session that was being stored at sign-out does not stay in the store', async () => {
  await adopt({}, 'rt-first');
  world.clock.now += 700_000;
  const save = sessions.holdNext('save');
  const token = askToken();
  await save.reached;
  await world.client.signOut('ses_alice');
  save.release();
  await expectFailure(token, 'signed_out', 'sign_on');
  expect(await stored()).toBeUndefined();
  expect(world.secretsSeenBy(world.ras)).toEqual([]);
});

verifies('CLI-09', 'a sign-on that was being stored at sign-out does not stay in the store', async () => {
  for (const operation of ['load', 'save'] as const) {
    const held = sessions.holdNext(operation);
    const signOn = adopt();
    await held.reached;
    await world.client.signOut('ses_alice');
    held.release();
    await expectFailure(signOn, 'signed_out', 'sign_on');
    expect(await stored()).toBeUndefined();
  }
});

verifies('CLI-09', 'clearing away a late save does not take a new sign-on with it', async () => {
  await adopt({}, 'rt-first');
  world.clock.now += 700_000;
  const save = sessions.holdNext('save');
  const token = askToken();
  await save.reached;
  await world.client.signOut('ses_alice');
  const signOn = adopt({ sub: 'bob' });
  save.release();
  await signOn;
  await expectFailure(token, 'signed_out', 'sign_on');
  expect((await stored())?.subject).toBe('bob');
});

verifies(
  'CLI-09',
  'an expired assertion that is being cleared at sign-out does not bring the session back',
  async () => {
    world.clock.now += 700_000;
    const save = sessions.holdNext('save');
    const token = askToken();
    await save.reached;
    await world.client.signOut('ses_alice');
    save.release();
    await expectFailure(token, 'signed_out', 'sign_on');
    expect(await stored()).toBeUndefined();
  },
);

verifies(
  ['CLI-09', 'LES-93'],
  'a session that another process removed during a refresh is not stored again',
  async () => {
    await adopt({}, 'rt-first');
    world.clock.now += 700_000;
    const fresh = await world.idToken();
    world.idp.answer('POST /token', async () => {
      await sessions.remove('ses_alice');
      return { json: { access_token: 'at', token_type: 'Bearer', id_token: fresh, refresh_token: 'rt-next' } };
    });
    await expectFailure(askToken(), 'signed_out', 'sign_on');
    expect(await stored()).toBeUndefined();
    await expectFailure(askToken(), 'session_unknown', 'sign_on');
  },
);

verifies('CLI-09', 'a sign-on that finishes after the session was signed out is not stored', async () => {
  const redirectUri = 'http://127.0.0.1:7/callback';
  const { url, pending } = await world.client.beginSignOn({ redirectUri, session: 'ses_alice' });
  const nonce = new URL(url).searchParams.get('nonce');
  const idToken = await world.idToken({ nonce });
  world.idp.answer('POST /token', async () => {
    await world.client.signOut('ses_alice');
    return { json: { access_token: 'at', token_type: 'Bearer', id_token: idToken } };
  });
  const callback = new URL(redirectUri);
  const answer = { code: 'c1', state: pending.state, iss: world.idp.url };
  for (const [name, value] of Object.entries(answer)) callback.searchParams.set(name, value);
  await expectFailure(world.client.finishSignOn(pending, callback.href), 'signed_out', 'sign_on');
  expect(await stored()).toBeUndefined();
});

verifies(['CLI-09', 'ATK-64'], 'a call under way at sign-out does not go on with the next person', async () => {
  await post();
  const sent = world.mcp.askedFor('/mcp').length;
  world.mcp.answer(
    'POST /mcp',
    inTurn(
      async () => {
        await world.client.signOut('ses_alice');
        await adopt({ sub: 'bob' });
        return unauthorized(world.mcp, 'error="invalid_token"');
      },
      { json: {} },
    ),
  );
  await expectFailure(post(), 'signed_out', 'call');
  expect(world.mcp.askedFor('/mcp')).toHaveLength(sent + 1);
});

verifies(
  ['CLI-09', 'ATK-64'],
  'a demand for a sign-on that sign-out overtook leaves the next person alone',
  async () => {
    const refusal = { status: 400, json: { error: 'insufficient_user_authentication' } };
    const nextPerson = async () => {
      await world.client.signOut('ses_alice');
      await adopt({ sub: 'bob' });
    };
    world.idp.answer('POST /token', () => refusal);
    await expectFailure(askToken({ signOnAgain: nextPerson }), 'signed_out', 'sign_on');
    expect((await stored())?.subject).toBe('bob');

    const asked: unknown[] = [];
    world.idp.answer('POST /token', async () => {
      await world.client.signOut('ses_alice');
      await adopt();
      return refusal;
    });
    await expectFailure(
      askToken({ signOnAgain: async (demand: unknown) => asked.push(demand) }),
      'signed_out',
      'exchange',
    );
    expect(asked).toEqual([]);
    expect((await stored())?.subject).toBe('alice');
  },
);

verifies(['CLI-09', 'LES-93'], 'a logout ends every session, even when one cannot be removed', async () => {
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_second' });
  const { remove } = sessions;
  sessions.remove = (id) => (id === 'ses_alice' ? Promise.reject(new Error('disk full')) : remove(id));
  await expectFailure(world.client.signOutEverywhere({ subject: 'alice' }), 'token_store_failed', 'sign_on');
  expect(await sessions.load('ses_second')).toBeUndefined();
});

verifies('CLI-09', 'a logout stops what is under way for every session before it waits for the store', async () => {
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_second' });
  const redemption = hold();
  world.ras.answer('POST /token', async () => {
    await redemption.pass();
    return { json: { access_token: 'access-late', token_type: 'Bearer', expires_in: 600 } };
  });
  const token = askToken({ session: 'ses_second' });
  await redemption.reached;
  const remove = sessions.holdNext('remove');
  const logout = world.client.signOutEverywhere({ subject: 'alice' });
  await remove.reached;
  redemption.release();
  await expectFailure(token, 'signed_out', 'redeem');
  remove.release();
  await logout;
});

verifies('LES-93', 'a store that cannot find or read is reported with a code at logout and sign-on', async () => {
  const gone = () => Promise.reject(new Error('disk gone'));
  Object.assign(sessions, { find: gone, load: gone });
  await expectFailure(world.client.signOutEverywhere({ subject: 'alice' }), 'token_store_failed', 'sign_on');
  await expectFailure(adopt(), 'token_store_failed', 'sign_on');
});

verifies('CLI-09', 'once a session is found gone from the store, what is under way for it yields nothing', async () => {
  const redemption = hold();
  world.ras.answer('POST /token', async () => {
    await redemption.pass();
    return { json: { access_token: 'access-late', token_type: 'Bearer', expires_in: 600 } };
  });
  const token = askToken();
  await redemption.reached;
  await sessions.remove('ses_alice');
  await expectFailure(askToken(), 'session_unknown', 'sign_on');
  redemption.release();
  await expectFailure(token, 'signed_out', 'redeem');
});
