import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bearerChallenge, parseChallenges } from './challenge.ts';

/** Any UTF-16 units, lone surrogates included. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));

const resourceMetadata = 'https://mcp.chat.example/.well-known/oauth-protected-resource/mcp';

verifies('MET-10', 'a challenge leads to the metadata and names the scope', () => {
  expect(bearerChallenge({ resourceMetadata, scope: ['chat.read', 'chat.history'] })).toBe(
    `Bearer scope="chat.read chat.history", resource_metadata="${resourceMetadata}"`,
  );
});

test('step-up members are written as the client reads them', () => {
  expect(
    bearerChallenge({ resourceMetadata, error: 'insufficient_user_authentication', acrValues: 'phr', maxAge: 300 }),
  ).toBe(
    `Bearer error="insufficient_user_authentication", acr_values="phr", max_age="300", resource_metadata="${resourceMetadata}"`,
  );
});

verifies('LES-30', 'text that could break out of the header throws', () => {
  for (const text of ['a"b', 'a\\b', 'a\r\nX: y', 'a\u0000', 'é', '\u007f']) {
    expect(() => bearerChallenge({ resourceMetadata, errorDescription: text }), JSON.stringify(text)).toThrow(
      'cannot be written',
    );
  }
  expect(() => bearerChallenge({ resourceMetadata, scope: ['a b'] })).toThrow('cannot be written');
});

test('what is written reads back', () => {
  const safe = fc.string({ unit: fc.constantFrom('a', 'Z', '0', ' ', ',', '=', ';', '/', ':', "'", '.', '~') });
  fc.assert(
    fc.property(safe, safe, (errorDescription, acrValues) => {
      const [challenge] = parseChallenges([bearerChallenge({ resourceMetadata, errorDescription, acrValues })]);
      expect(challenge?.scheme).toBe('bearer');
      expect(challenge?.parameters.get('error_description')).toBe(errorDescription);
      expect(challenge?.parameters.get('acr_values')).toBe(acrValues);
      expect(challenge?.parameters.get('resource_metadata')).toBe(resourceMetadata);
    }),
  );
});

test('several challenges in one header and in several are told apart', () => {
  const parsed = parseChallenges([
    'Basic realm="a, b", DPoP algs="ES256", error=invalid_token, Negotiate YWJj==, Bearer scope="x"',
    'Bearer error="y" , scope = "z"',
  ]);

  expect(parsed.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual([
    ['basic', { realm: 'a, b' }],
    ['dpop', { algs: 'ES256', error: 'invalid_token' }],
    ['negotiate', {}],
    ['bearer', { scope: 'x' }],
    ['bearer', { error: 'y', scope: 'z' }],
  ]);
});

test('a quoted pair is unescaped, the first of two equal names counts, junk yields nothing', () => {
  expect(parseChallenges(['Bearer a="x\\"y", A="z"'])[0]?.parameters.get('a')).toBe('x"y');
  expect(parseChallenges(['', '"', '=x', ',,,', '\u0000', 'x'.repeat(9_000)])).toEqual([]);
  expect(parseChallenges(['Bearer a="unterminated'])[0]?.parameters.size).toBe(0);
});

verifies('LES-98', 'hostile headers cost no more than their length', () => {
  const hostile = [
    `Bearer ${'a='.repeat(30_000)}`,
    '"'.repeat(64_000),
    `Bearer ${' ,'.repeat(4_000)}`,
    'a'.repeat(8_000) + '='.repeat(190),
  ];
  const start = performance.now();
  for (const text of hostile) parseChallenges([text]);
  expect(performance.now() - start).toBeLessThan(50);
});

test('never throws on arbitrary text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyText, fc.string({ unit: fc.constantFrom('B', '=', '"', ',', '\\', ' ', 'a') })), {
        maxLength: 3,
      }),
      (values) => {
        expect(Array.isArray(parseChallenges(values))).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
