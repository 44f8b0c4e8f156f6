import { defaultAlgorithms, parseCompactJws, verifyJws } from '@crossgrant/protocol/jws';
import fc from 'fast-check';
import { expectPlain, expectRefusal } from '../invariants.ts';
import { mutatedJson, mutatedText } from '../mutate.ts';
import { jwsOf, now, verificationKeys } from '../signer.ts';
import type { FuzzTarget } from '../target.ts';

const header = { alg: 'ES256', kid: 'k1', typ: 'at+jwt' };
const payload = {
  iss: 'https://acme.idp.example',
  sub: 'u1',
  aud: ['a'],
  exp: now + 60,
  iat: now,
  nested: { a: [1, {}] },
};
const valid = jwsOf(JSON.stringify(header), JSON.stringify(payload));

const structured = fc
  .tuple(
    mutatedJson([header, { ...header, crit: ['b64'], b64: false, jwk: {}, jku: 'https://a', zip: 'DEF' }]),
    mutatedJson([payload]),
    fc.nat(2),
  )
  .map(([head, body, isSigned]) => jwsOf(head, body, isSigned > 0 ? 'AAAA' : undefined));

const problems = [
  'too-large',
  'parts',
  'encrypted',
  'encoding',
  'header',
  'payload',
  'algorithm',
  'critical',
  'key-unknown',
  'signature',
];

export const jwsTarget: FuzzTarget = {
  name: 'jws',
  share: 0.18,
  inputs: fc.oneof(mutatedText([valid, `${valid}.AA.AA`], ['.', '=', '-_']), structured),
  check(input) {
    const parsed = parseCompactJws(input);
    if (!parsed.ok) return expectRefusal(parsed.refusal, problems);
    expectPlain(parsed.value.header);
    expectPlain(parsed.value.payload);
    const verified = verifyJws(parsed.value, verificationKeys, defaultAlgorithms);
    if (!verified.ok) expectRefusal(verified.refusal, problems);
  },
};
