import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import { endSession } from '../src/index.ts';
import { actor, botSecret, type IdpWorld, startIdpWorld } from './idp-world.ts';

let world: IdpWorld;
beforeAll(async () => {
  world = await startIdpWorld();
});
afterAll(() => world.close());

verifies(
  'LES-36',
  'an ID token whose signature is remembered is still judged for client, session and time',
  async () => {
    const token = await world.idToken({ sid: 'sid-seen-before' });
    const exchange = async (over: Record<string, string> = {}) => {
      const answer = await world.exchange({ subject_token: token, ...over });
      return answer.status === 200 ? 'granted' : (await world.audit(answer.id))?.code;
    };

    expect([await exchange(), await exchange()]).toEqual(['granted', 'granted']);
    expect(await exchange({ client_id: 'bot', client_secret: botSecret })).toBe('subject-token/audience');
    expect(await endSession(world.idp.database, world.idp.tenantId, 'sid-seen-before', actor)).toBe(true);
    expect(await exchange()).toBe('subject-token/session-ended');
    world.clock.nowMs += 601_000;
    expect(await exchange()).toBe('subject-token/expired');
  },
);
