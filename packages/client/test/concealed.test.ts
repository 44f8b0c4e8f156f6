import { inspect } from 'node:util';
import { verifies } from '@crossgrant/testkit';
import { afterEach, expect } from 'vitest';
import { createMemorySessions, type Session } from '../src/index.ts';
import { exchangeAnswer, startWorld, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

/** What the usual ways to print or log a value make of it. */
const printed = (value: unknown) =>
  `${inspect(value, { depth: 10 })} ${inspect({ nested: [value] }, { depth: 10 })} ${JSON.stringify({ nested: [value] })} ${String(value)}`;

verifies(
  ['CLI-01', 'DEL-02'],
  'a session, an access token and an ID-JAG show nothing when they are printed or serialised',
  async () => {
    const sessions = createMemorySessions();
    world = await startWorld((options) => ({ ...options, sessions }));
    const signOn = { idToken: await world.idToken(), refreshToken: 'rt-first', session: 'ses_alice' };
    const session = await world.client.adoptSignOn(signOn);
    const request = { session: session.id, resource: world.resource };
    const token = await world.client.accessToken(request);
    const grant = await world.client.requestIdJag(request);
    for (const value of [session, token, grant]) expect(printed(value)).not.toMatch(/eyJ|rt-first|access-1/);
    expect(printed(session)).toContain('alice');
    expect([session.idToken, session.refreshToken]).toEqual([signOn.idToken, 'rt-first']);
    expect([token.value, grant.idJag.startsWith('eyJ')]).toEqual(['access-1', true]);
  },
);

verifies('DEL-01', 'the store gets a session that it can write down', async () => {
  const written: string[] = [];
  const memory = createMemorySessions();
  const keep = (session: Session) => written.push(JSON.stringify(session));
  const sessions = {
    ...memory,
    save: (session: Session) => {
      keep(session);
      return memory.save(session);
    },
    replace: (before: Session, next: Session) => {
      keep(next);
      return memory.replace(before, next);
    },
  };
  world = await startWorld((options) => ({ ...options, sessions }));
  await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first', session: 'ses_alice' });
  world.clock.now += 700_000;
  const fresh = await world.idToken();
  world.idp.answer('POST /token', ({ form }) =>
    form.has('subject_token')
      ? exchangeAnswer(world.idJag())
      : { json: { access_token: 'at', token_type: 'Bearer', id_token: fresh, refresh_token: 'rt-next' } },
  );
  await world.client.accessToken({ session: 'ses_alice', resource: world.resource });
  expect(JSON.parse(written.at(-1) ?? '{}')).toMatchObject({ idToken: fresh, refreshToken: 'rt-next' });
  expect(written.join()).not.toContain('[token]');
});
