import { plainHeaders } from '@crossgrant/protocol';
import { createDpopVerifier } from '@crossgrant/protocol/jws';
import fc from 'fast-check';
import { BrokenPromise, expectPlain, expectRefusal } from '../invariants.ts';
import { mutatedJson, mutatedText } from '../mutate.ts';
import { jwsOf, now, publicJwk } from '../signer.ts';
import type { FuzzTarget } from '../target.ts';

const target = 'https://acme.idp.example/token';
const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk };
const payload = { jti: 'p-1', htm: 'POST', htu: target, iat: now, ath: 'x', nonce: 'n' };
const valid = jwsOf(JSON.stringify(header), JSON.stringify(payload));
const rsa = { kty: 'RSA', n: 'A'.repeat(342), e: 'AQAB' };

const structured = fc
  .tuple(
    mutatedJson([header, { ...header, jwk: rsa }, { ...header, jwk: { kty: 'OKP', crv: 'Ed25519', x: 'A' } }]),
    mutatedJson([payload]),
  )
  .map(([head, body]) => jwsOf(head, body));

const verify = createDpopVerifier();
const nonces = { current: () => 'n', accepts: (nonce: string) => nonce === 'n' };

export const dpopTarget: FuzzTarget = {
  name: 'dpop',
  share: 0.12,
  inputs: fc.oneof(
    { weight: 1, arbitrary: mutatedText([valid], ['.']) },
    { weight: 2, arbitrary: structured },
    { weight: 2, arbitrary: mutatedJson([payload]).map((body) => jwsOf(JSON.stringify(header), body)) },
  ),
  check(input) {
    for (const expected of [{}, { nonces }, { accessToken: 'token' }]) {
      const proof = verify(plainHeaders([['dpop', input]]), { method: 'POST', target, nowSeconds: now, ...expected });
      if (!proof.ok) {
        expectRefusal(proof.refusal);
        continue;
      }
      if (proof.value === undefined) throw new BrokenPromise('a proof was overlooked');
      expectPlain(proof.value);
      if (Math.abs(proof.value.keepUntil / 1000 - now) > 300) throw new BrokenPromise('a proof is kept out of bounds');
    }
  },
};
