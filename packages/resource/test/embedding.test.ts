import { formatBasic } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { fetchHandler } from '../src/index.ts';
import type { Received, RedemptionContext } from '../src/redemption/context.ts';
import { startingWith } from '../src/redemption/step.ts';
import { judgeTime } from '../src/redemption/steps/judge-claims.ts';
import { readForm } from '../src/redemption/steps/read-request.ts';
import type { redeemed } from './expect-refusal.ts';
import { clientId, clientSecret, createWorld, idJag, mcpResource, payloadOf, self, tokenRequest } from './support.ts';

const authorization = formatBasic(clientId, clientSecret);
const type = 'application/x-www-form-urlencoded';

test('a Web request is answered where the path is the server’s, and left alone elsewhere', async () => {
  const answer = fetchHandler(createWorld().server);
  const body = tokenRequest(idJag()).body;
  const token = await answer(
    new Request(`${self}/token`, { method: 'POST', headers: { authorization, 'content-type': type }, body }),
  );
  expect(token?.status).toBe(200);
  expect(JSON.parse((await token?.text()) ?? '')).toMatchObject({ resource: mcpResource });
  expect((await answer(new Request(`${self}/.well-known/oauth-authorization-server`)))?.status).toBe(200);
  expect((await answer(new Request(`${self}/jwks`, { method: 'POST' })))?.status).toBe(405);
  expect(await answer(new Request(`${self}/mcp`))).toBeUndefined();
});

verifies('LES-31', 'a body beyond the limit is refused while it arrives, whatever length it announces', async () => {
  const answer = fetchHandler(createWorld().server);
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 1;
      controller.enqueue(new Uint8Array(16_384).fill(97));
    },
  });
  const request = new Request(`${self}/token`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: endless,
    duplex: 'half',
  } as RequestInit);
  expect((await answer(request))?.status).toBe(413);
  expect(sent).toBeLessThan(10);
});

verifies('LES-33', 'interleaved requests of twenty people get only their own', async () => {
  const world = createWorld();
  const { findLink, commitRedemption } = world.store;
  const dawdle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
  Object.assign(world.store, {
    findLink: async (...key: Parameters<typeof findLink>) => dawdle().then(() => findLink(...key)),
    commitRedemption: async (...request: Parameters<typeof commitRedemption>) =>
      dawdle().then(() => commitRedemption(...request)),
  });
  const own = new Map<string, Set<unknown>>();
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const sub = `person-${index % 20}`;
      const { access_token: token } = await redeemedQuietly(world, idJag({ sub, acr: sub }));
      const payload = payloadOf(token);
      expect(payload.acr).toBe(sub);
      own.set(sub, (own.get(sub) ?? new Set()).add(payload.sub));
    }),
  );
  expect([...own.values()].map((subjects) => subjects.size)).toEqual(Array.from({ length: 20 }, () => 1));
  expect(new Set([...own.values()].flatMap((subjects) => [...subjects])).size).toBe(20);
});

verifies('RED-09', 'a claim check above the signature does not compile', () => {
  const list = startingWith<Received, RedemptionContext>().step('read-form', ['RED-01'], readForm);
  // @ts-expect-error verified claims are not established at this point
  expect(list.step('judge-time', ['RED-11'], judgeTime).steps).toHaveLength(2);
});

async function redeemedQuietly(
  world: Parameters<typeof redeemed>[0],
  assertion: string,
): Promise<Record<string, unknown>> {
  const response = await world.server.token(tokenRequest(assertion));
  expect(response.status).toBe(200);
  return JSON.parse(response.body) as Record<string, unknown>;
}
