import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { derToRaw, ecdsaCurves, rawToDer } from './ecdsa.ts';

const one = (size: number): Buffer => Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])]);
const less = (order: Buffer): Buffer =>
  Buffer.concat([order.subarray(0, -1), Buffer.from([(order.at(-1) as number) - 1])]);

for (const [alg, curve] of Object.entries(ecdsaCurves)) {
  const { size, order } = curve;

  verifies('LES-49', `${alg}: zero, the order and beyond are no numbers of a signature`, () => {
    const beyond = Buffer.alloc(size, 0xff);
    const refused = [
      Buffer.alloc(2 * size),
      Buffer.concat([Buffer.alloc(size), one(size)]),
      Buffer.concat([one(size), Buffer.alloc(size)]),
      Buffer.concat([order, one(size)]),
      Buffer.concat([one(size), order]),
      Buffer.concat([beyond, one(size)]),
      Buffer.concat([one(size), beyond]),
    ];
    for (const raw of refused) expect(rawToDer(raw, curve)).toBeUndefined();
    for (const raw of [Buffer.concat([one(size), one(size)]), Buffer.concat([less(order), less(order)])])
      expect(rawToDer(raw, curve)).toBeDefined();
  });

  verifies('LES-49', `${alg}: only the exact length is a signature, DER never is`, () => {
    const raw = Buffer.concat([one(size), one(size)]);
    for (const length of [0, 1, size, 2 * size - 1, 2 * size + 1, 3 * size])
      expect(rawToDer(Buffer.alloc(length, 1), curve), String(length)).toBeUndefined();
    expect(rawToDer(rawToDer(raw, curve) as Buffer, curve)).toBeUndefined();
  });
}

verifies('LES-49', 'raw and DER convert into each other over many random signatures, leading zeros included', () => {
  for (const [alg, namedCurve, hash] of [
    ['ES256', 'P-256', 'sha256'],
    ['ES384', 'P-384', 'sha384'],
  ] as const) {
    const curve = ecdsaCurves[alg];
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    let leadingZeros = 0;

    for (let count = 0; count < 1_500; count++) {
      const data = Buffer.from(String(count));
      const der = sign(hash, data, privateKey);
      const raw = derToRaw(der, curve);
      if (raw[0] === 0 || raw[curve.size] === 0) leadingZeros++;
      if (rawToDer(raw, curve)?.equals(der) !== true) throw new Error(`does not read back: ${der.toString('hex')}`);
      if (count % 100 === 0) expect(verify(hash, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
    }
    expect(leadingZeros).toBeGreaterThan(0);
  }
});

verifies('LES-49', 'random bytes never throw, and what is accepted has canonical DER', () => {
  const { size } = ecdsaCurves.ES256;
  for (let count = 0; count < 100_000; count++) {
    const raw = Buffer.allocUnsafe(2 * size);
    for (let at = 0; at < raw.length; at += 4) raw.writeInt32LE((Math.random() * 2 ** 32) | 0, at);
    if (count % 3 === 0) raw.fill(0, 0, count % size);
    if (count % 5 === 0) raw.fill(0, size, size + (count % size));
    const der = rawToDer(raw, ecdsaCurves.ES256);
    if (der !== undefined && !derToRaw(der, ecdsaCurves.ES256).equals(raw))
      throw new Error(`does not read back: ${raw.toString('hex')}`);
  }
});

verifies('LES-49', 'a public key taken from a private one verifies what that one signed', () => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' });
  const key = createPrivateKey(pem);
  const der = sign('sha256', Buffer.from('x'), key);

  expect(
    verify(
      'sha256',
      Buffer.from('x'),
      createPublicKey(key),
      rawToDer(derToRaw(der, ecdsaCurves.ES256), ecdsaCurves.ES256) as Buffer,
    ),
  ).toBe(true);
});
