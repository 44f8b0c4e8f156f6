import { formatBasic } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { redeemed } from './expect-refusal.ts';
import {
  bodyOf,
  createWorld,
  formRequest,
  governed,
  idJag,
  mcpResource,
  nowSeconds,
  payloadOf,
  tokenRequest,
} from './support.ts';

const needs = { 'chat.history': { acrValues: ['phr', 'phrh'], maxAgeSeconds: 300 } };
const signedOn = (age: number, acr: string | undefined = 'phr') => ({ auth_time: nowSeconds - age, acr });

verifies('STP-06', 'a scope that asks for more than the sign-on was is left out of what is granted', async () => {
  const world = createWorld({ resource: { signOnByScope: needs } });
  for (const claims of [
    signedOn(301),
    signedOn(10, 'pwd'),
    { ...signedOn(10), acr: undefined },
    { acr: 'phr', auth_time: undefined },
  ])
    expect((await redeemed(world, idJag(claims))).scope, JSON.stringify(claims)).toBe('chat.read');
  const body = await redeemed(world, idJag(signedOn(300)));
  expect(body.scope).toBe('chat.read chat.history');
  expect(payloadOf(body.access_token)).toMatchObject(signedOn(300));
});

verifies(
  'STP-06',
  'where nothing is left the client learns which sign-on would do, and the ID-JAG is not used up',
  async () => {
    const world = createWorld({ resource: { signOnByScope: needs } });
    const assertion = idJag(signedOn(400, 'phr'));
    const refused = await world.server.token(tokenRequest(assertion, { form: { scope: 'chat.history' } }));
    expect(refused.status).toBe(400);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(bodyOf(refused)).toMatchObject({
      error: 'insufficient_user_authentication',
      acr_values: 'phr phrh',
      max_age: 300,
    });
    expect(world.audit.at(-1)).toMatchObject({ code: 'assertion/sign-on', outcome: 'step_up' });
    await redeemed(world, assertion, { form: { scope: 'chat.read' } });
  },
);

verifies(
  ['STP-06', 'LES-20'],
  'a demand that comes later reaches the tokens that are out, judged at the instant they were issued',
  async () => {
    const world = createWorld();
    const ask = async (text: string): Promise<unknown> => {
      const basic = formatBasic(mcpResource, 'rs-mcp.chat.example');
      return bodyOf(
        await world.server.introspect(formRequest('/introspect', { token: text }, [['authorization', basic]])),
      ).scope;
    };
    const weak = String((await redeemed(world, idJag(signedOn(10, 'pwd')))).access_token);
    const good = String((await redeemed(world, idJag(signedOn(290)))).access_token);
    expect(await ask(weak)).toBe('chat.read chat.history');
    world.change({ resources: [{ ...governed(mcpResource), ...world.content.resources[0]!, signOnByScope: needs }] });
    world.at(200);
    expect(await ask(weak)).toBe('chat.read');
    expect(await ask(good)).toBe('chat.read chat.history');
  },
);
