import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { createDpopNonces } from './dpop-nonces.ts';
import { secretBoxFromKey } from './secret-box.ts';

const start = 1_795_478_400 - (1_795_478_400 % 150);
const box = secretBoxFromKey(new Uint8Array(32).fill(7));

verifies('DPO-01', 'a nonce is accepted for two periods, by every process with the same key, and then no more', () => {
  const nonce = createDpopNonces(box, 'a').current(start);
  const replica = createDpopNonces(box, 'a');
  expect(replica.current(start + 149)).toBe(nonce);
  for (const later of [0, 149, 150, 299]) expect(replica.accepts(nonce, start + later)).toBe(true);
  for (const later of [300, 600, 86_400]) expect(replica.accepts(nonce, start + later)).toBe(false);
});

verifies('DPO-01', 'what another server, another key or a guess made is not accepted', () => {
  const nonces = createDpopNonces(box, 'a');
  const others = [
    createDpopNonces(box, 'b').current(start),
    createDpopNonces(secretBoxFromKey(new Uint8Array(32).fill(8)), 'a').current(start),
    nonces.current(start).slice(0, -1),
    `${nonces.current(start)}x`,
    'ü'.repeat(43),
    '',
  ];
  for (const other of others) expect(nonces.accepts(other, start)).toBe(false);
});

test('a replica whose clock is a little ahead gives out what the others accept', () => {
  const ahead = createDpopNonces(box, 'a').current(start + 150);
  expect(createDpopNonces(box, 'a').accepts(ahead, start + 149)).toBe(true);
  expect(createDpopNonces(box, 'a').accepts(createDpopNonces(box, 'a').current(start + 300), start)).toBe(false);
});
