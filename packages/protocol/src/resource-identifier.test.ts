import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { refusalResponse } from './refusals/response.ts';
import { normalizeResource, parseResourceIdentifier, sameResource } from './resource-identifier.ts';

const malformed = [
  'https://mcp.example/a b',
  'https://mcp.example\\mcp',
  'https://mcp.example/\u00e9',
  'https://mcp.example/%zz',
  'https://mcp.example/%4',
  '/mcp',
  'mcp.example/mcp',
  'https:mcp',
  'https://',
  '',
  'https://mcp.example/"',
  `https://mcp.example/${'x'.repeat(3_000)}`,
  'https://[::1/mcp',
  '://x',
];

verifies('TEX-14', 'a resource that is no absolute URI is refused as invalid_target', () => {
  for (const text of malformed) {
    const parsed = parseResourceIdentifier(text);
    expect(parsed.ok, text).toBe(false);
    if (!parsed.ok) expect(JSON.parse(refusalResponse(parsed.refusal, { id: 'i' }).body).error).toBe('invalid_target');
  }
});

verifies(['TEX-14', 'IDJ-10', 'ATK-30'], 'fragments are refused, also empty ones', () => {
  for (const text of ['https://mcp.example/mcp#', 'https://mcp.example/mcp#x'])
    expect(parseResourceIdentifier(text).ok, text).toBe(false);
});

verifies('ATK-30', 'user info, dot segments, backslashes and blanks are refused', () => {
  const tricks = [
    'https://user@mcp.example/mcp',
    'https://a:b@mcp.example/mcp',
    'https://mcp.example/x/../mcp',
    'https://mcp.example/./mcp',
    'https://mcp.example/%2e%2E/mcp',
    'https://mcp.example/.%2e',
    'https://mcp.example\\@evil.example',
    'https://mcp.example/mcp\t',
  ];
  for (const text of tricks) expect(parseResourceIdentifier(text).ok, text).toBe(false);
});

test('what is accepted keeps its spelling', () => {
  for (const text of [
    'https://mcp.example/mcp',
    'https://mcp.example',
    'https://mcp.example/?a=b',
    'http://127.0.0.1:4703/mcp',
    'urn:example:thing',
    'HTTPS://MCP.example/',
  ]) {
    const parsed = parseResourceIdentifier(text);
    expect(parsed.ok && parsed.value).toBe(text);
  }
});

verifies(['RED-16', 'ATK-30'], 'two resources are the same by syntax normalisation, never by prefix', () => {
  const same = [
    ['https://mcp.example', 'https://mcp.example/'],
    ['https://mcp.example/mcp', 'HTTPS://MCP.EXAMPLE/mcp'],
    ['https://mcp.example:443/mcp', 'https://mcp.example/mcp'],
    ['http://mcp.example:80/', 'http://mcp.example'],
    ['https://mcp.example/%7emcp', 'https://mcp.example/~mcp'],
    ['https://mcp.example/%2f', 'https://mcp.example/%2F'],
    ['https://mcp.example?a=1', 'https://mcp.example/?a=1'],
  ] as const;
  const different = [
    ['https://mcp.example/mcp', 'https://mcp.example/mcp/'],
    ['https://mcp.example/mcp', 'https://mcp.example/mcp-admin'],
    ['https://mcp.example/mcp', 'https://mcp.example/MCP'],
    ['https://mcp.example/mcp', 'http://mcp.example/mcp'],
    ['https://mcp.example/mcp', 'https://mcp.example:8443/mcp'],
    ['https://mcp.example/%2F', 'https://mcp.example//'],
    ['https://mcp.example/mcp', 'https://mcp.example/mcp?x'],
    ['https://mcp.example:80/', 'https://mcp.example/'],
    ['urn:Example:a', 'urn:example:a'],
  ] as const;
  for (const [a, b] of same) expect(sameResource(a, b), `${a} ${b}`).toBe(true);
  for (const [a, b] of different) expect(sameResource(a, b), `${a} ${b}`).toBe(false);
  expect(normalizeResource('not a uri')).toBe('not a uri');
});
