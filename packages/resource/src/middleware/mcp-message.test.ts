import { plainHeaders } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMcpMessage } from './mcp-message.ts';

function outcome(body: unknown, headers: Record<string, string> = {}): unknown {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const result = readMcpMessage(text, plainHeaders(Object.entries(headers)));
  return result.ok
    ? result.value.operations.map(({ method, name }) => (name === undefined ? method : `${method} ${name}`))
    : result.refusal.code;
}

const call = (name: unknown): object => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: {} },
});
const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };

test('requests, notifications, responses and batches are read', () => {
  expect(outcome(call('search'))).toEqual(['tools/call search']);
  expect(outcome([call('search'), list, { jsonrpc: '2.0', method: 'notifications/initialized' }])).toEqual([
    'tools/call search',
    'tools/list',
    'notifications/initialized',
  ]);
  expect(outcome({ jsonrpc: '2.0', id: 1, result: {} })).toEqual([]);
  expect(outcome({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'file:///x' } })).toEqual([
    'resources/read file:///x',
  ]);
});

verifies(['MCP-13', 'LES-89'], 'a method or tool named twice is refused', () => {
  for (const body of [
    '{"method":"tools/list","method":"tools/call"}',
    '{"method":"tools/call","params":{"name":"a","name":"b"}}',
    '{"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}',
    '{"method":"tools/list","meth\\u006fd":"tools/call"}',
  ])
    expect(outcome(body), body).toBe('bearer/message-malformed');
});

verifies('MCP-13', 'what is no JSON-RPC message is refused', () => {
  const wrong = [
    '',
    'null',
    '1',
    '"tools/call"',
    '[]',
    '[[]]',
    '{}',
    '{"method":1}',
    '{"method":""}',
    '{"id":1}',
    '{"method":"tools/call"}',
    '{"method":"tools/call","params":["a"]}',
    '{"method":"tools/call","params":{"name":1}}',
    '{"__proto__":{"method":"tools/list"}}',
    `[${Array.from({ length: 65 }, () => '{"method":"ping"}').join(',')}]`,
    '['.repeat(100_000),
  ];
  for (const body of wrong) expect(outcome(body), body.slice(0, 60)).toBe('bearer/message-malformed');
});

verifies('LES-89', 'headers that name another method or tool than the body are refused', () => {
  expect(outcome(call('delete'), { 'Mcp-Method': 'tools/list' })).toBe('bearer/message-mismatch');
  expect(outcome(call('delete'), { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'search' })).toBe('bearer/message-mismatch');
  expect(outcome([list, call('delete')], { 'Mcp-Method': 'tools/list' })).toBe('bearer/message-mismatch');
  expect(outcome(list, { 'Mcp-Name': 'search' })).toBe('bearer/message-mismatch');
  expect(outcome({ id: 1, result: {} }, { 'Mcp-Method': 'tools/list' })).toBe('bearer/message-mismatch');
  expect(outcome(call('delete'), { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'delete' })).toEqual(['tools/call delete']);
});

verifies('LES-89', 'a name that a header cannot hold is compared after decoding', () => {
  const encoded = `=?base64?${Buffer.from('läschen').toString('base64')}?=`;

  expect(outcome(call('läschen'), { 'Mcp-Name': encoded })).toEqual(['tools/call läschen']);
  expect(outcome(call('x'), { 'Mcp-Name': encoded })).toBe('bearer/message-mismatch');
  expect(outcome(call('x'), { 'Mcp-Name': '=?base64?e?=' })).toBe('bearer/message-mismatch');
});

test('never throws on arbitrary text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (body) => {
      expect(outcome(body)).toBeDefined();
    }),
  );
});
