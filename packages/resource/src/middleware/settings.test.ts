import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { createMiddlewareWorld } from '../../test/middleware-world.ts';

const start =
  (options: object): (() => unknown) =>
  () =>
    createMiddlewareWorld(options);

verifies('LES-35', 'a skew that is no number, negative or large does not start', () => {
  for (const skewSeconds of [Number.NaN, -1, 61, Number.POSITIVE_INFINITY])
    expect(start({ skewSeconds }), String(skewSeconds)).toThrow(/skewSeconds must lie between 0 and 60/);
});

verifies('RSV-06', 'an introspection answer may count for thirty seconds at most', () => {
  for (const cacheSeconds of [31, Number.NaN, -1])
    expect(start({ introspection: { endpoint: 'https://a.example', secret: 's', cacheSeconds } })).toThrow(
      /cacheSeconds must lie between 0 and 30/,
    );
});

test('each mistake is one sentence with a stable code', () => {
  const mistakes: readonly [object, RegExp][] = [
    [{ resource: 'https://mcp.example/#x' }, /resource must be/],
    [{ resource: 'urn:x' }, /resource must be/],
    [{ authorizationServer: 'http://auth.chat.example' }, /authorizationServer must be/],
    [{ authorizationServer: 'http://127.0.0.1:4702' }, /authorizationServer must be/],
    [{ scopesSupported: ['a b'] }, /scopes must be/],
    [{ tools: { x: 'a"b' } }, /scopes must be/],
    [{ keys: { keys: [{ kty: 'oct', k: 'AA' }] } }, /keys hold no usable key/],
    [{ algorithms: ['HS256'] }, /algorithms must be/],
    [{ algorithms: [] }, /algorithms must be/],
    [{ introspection: { endpoint: 'https://a.example', secret: '' } }, /secret must not be empty/],
  ];
  for (const [options, sentence] of mistakes) {
    expect(start(options)).toThrow(sentence);
    expect(start(options)).toThrow(expect.objectContaining({ code: 'resource-server/configuration' }));
  }
  expect(
    start({ authorizationServer: 'http://127.0.0.1:4702', resource: 'http://127.0.0.1:4703/mcp', development: true }),
  ).not.toThrow();
});
