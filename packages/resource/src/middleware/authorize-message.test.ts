import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import type { AuthInfo } from './auth-info.ts';
import { authorizeAuthentication, authorizeOperations, authorizeScopes } from './authorize-message.ts';
import { scopeReach } from './scope-hierarchy.ts';

const auth = (changes: Partial<AuthInfo> = {}): AuthInfo =>
  ({ scope: ['chat.read'], jti: 'at-1', acr: 'phr', authTime: 1_000, ...changes }) as AuthInfo;
const now = 1_300;
const call = (name: string): { method: string; name: string } => ({ method: 'tools/call', name });
const tools = { search: 'chat.read', purge: ['chat.read', 'chat.admin'], ping: [] };

verifies(['RSV-04', 'MCP-13'], 'a missing scope is refused with 403, naming all that are needed', () => {
  const result = authorizeScopes(auth(), ['chat.read', 'chat.admin']);

  expect(result.ok ? undefined : result.refusal).toMatchObject({
    code: 'bearer/insufficient-scope',
    detail: { missing: ['chat.admin'] },
    wire: { scope: 'chat.read chat.admin' },
  });
  expect(authorizeScopes(auth(), ['chat.read']).ok).toBe(true);
  expect(authorizeScopes(auth({ scope: ['chat.read.all', 'chat'] }), ['chat.read']).ok).toBe(false);
});

verifies(['RSV-04', 'LES-89'], 'every member of a batch is judged, and one refuses all', () => {
  const codes = [
    [call('search')],
    [call('search'), call('purge')],
    [call('ping')],
    [call('unknown')],
    [call('search'), call('unknown')],
  ].map((operations) => {
    const result = authorizeOperations(auth(), operations, { tools }, now);
    return result.ok ? 'allowed' : result.refusal.code;
  });

  expect(codes).toEqual([
    'allowed',
    'bearer/insufficient-scope',
    'allowed',
    'bearer/unknown-operation',
    'bearer/unknown-operation',
  ]);
});

verifies(['RSV-04', 'ATK-46'], 'a tool named like an inherited member is out of reach', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', '']) {
    const result = authorizeOperations(auth(), [call(name)], { tools }, now);
    expect(result.ok ? undefined : result.refusal.code, name).toBe('bearer/unknown-operation');
  }
});

test('methods may need scopes, and without a table need none', () => {
  const read = { method: 'resources/read', name: 'x' };

  expect(authorizeOperations(auth(), [read], { methods: { 'resources/read': 'chat.admin' } }, now).ok).toBe(false);
  expect(authorizeOperations(auth(), [read], { methods: { 'tools/list': 'chat.admin' } }, now).ok).toBe(true);
  expect(authorizeOperations(auth(), [read, call('any')], {}, now).ok).toBe(true);
});

verifies('RSV-04', 'a scope reaches what the hierarchy says it implies, through others too, and nothing else', () => {
  const reach = scopeReach({ 'chat.admin': ['chat.write'], 'chat.write': ['chat.read'], 'chat.read': ['chat.write'] });

  expect([...reach(['chat.admin'])].sort()).toEqual(['chat.admin', 'chat.read', 'chat.write']);
  expect(reach(['chat'])).toEqual(['chat']);
  expect(scopeReach({})(['a'])).toEqual(['a']);
});

verifies('RSV-05', 'a sign-on that is too weak, too old or unknown asks for a better one', () => {
  const code = (needs: object, changes: Partial<AuthInfo> = {}): unknown => {
    const result = authorizeAuthentication(auth(changes), [needs], 1_300);
    return result.ok ? 'enough' : [result.refusal.code, result.refusal.wire];
  };

  expect(code({ acrValues: ['phr', 'phrh'], maxAgeSeconds: 300 })).toBe('enough');
  expect(code({ acrValues: ['phrh'] })).toEqual([
    'bearer/insufficient-authentication',
    { acr_values: 'phrh', max_age: undefined },
  ]);
  expect(code({ maxAgeSeconds: 299 })).toEqual([
    'bearer/insufficient-authentication',
    { acr_values: undefined, max_age: 299 },
  ]);
  const several = authorizeAuthentication(
    auth(),
    [{ acrValues: ['phr', 'x'] }, { maxAgeSeconds: 200 }, { acrValues: ['phr'] }],
    now,
  );
  expect(several.ok ? undefined : several.refusal.wire).toEqual({ acr_values: 'phr', max_age: 200 });
  expect(code({ acrValues: ['phr'] }, { acr: undefined })).toMatchObject(['bearer/insufficient-authentication', {}]);
  expect(code({ maxAgeSeconds: 9_999 }, { authTime: undefined })).toMatchObject([
    'bearer/insufficient-authentication',
    {},
  ]);
});

verifies(
  ['RSV-05', 'LES-89', 'ATK-46'],
  'a tool, or a scope it needs, can ask for a better sign-on than the token has',
  () => {
    const demands = {
      tools: { ...tools, constructor: 'chat.read' },
      signOnByTool: { search: { maxAgeSeconds: 100 } },
      signOnByScope: { 'chat.admin': { acrValues: ['phrh'], maxAgeSeconds: 60 } },
    };
    const judge = (names: readonly string[], changes: Partial<AuthInfo> = {}): unknown => {
      const result = authorizeOperations(auth(changes), names.map(call), demands, now);
      return result.ok ? 'allowed' : [result.refusal.code, result.refusal.wire];
    };
    const stale = ['bearer/insufficient-authentication', { acr_values: undefined, max_age: 100, scope: 'chat.read' }];
    expect(judge(['search'])).toEqual(stale);
    expect(judge(['ping', 'search'])).toEqual(stale);
    expect(judge(['search'], { authTime: undefined })).toEqual(stale);
    expect(judge(['search'], { authTime: 1_200 })).toBe('allowed');
    expect(judge(['ping', 'constructor'])).toBe('allowed');
    expect(judge(['purge'], { scope: ['chat.read', 'chat.admin'] })).toEqual([
      'bearer/insufficient-authentication',
      { acr_values: 'phrh', max_age: 60, scope: 'chat.read chat.admin' },
    ]);
    expect(judge(['purge'], { scope: ['chat.read', 'chat.admin'], acr: 'phrh', authTime: 1_240 })).toBe('allowed');
    expect(judge(['purge'])).toMatchObject(['bearer/insufficient-scope', {}]);
  },
);
