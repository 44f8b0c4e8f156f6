import { readWorld, WorldMistakes } from '@crossgrant/world';
import fc from 'fast-check';
import { BrokenPromise, expectPlain } from '../invariants.ts';
import { mutatedJson, mutatedText } from '../mutate.ts';
import type { FuzzTarget } from '../target.ts';

const scopes = { 'chat.read': { risk: 'read', description: 'Search messages' } };
const world = {
  development: true,
  idp: {
    issuer: 'http://127.0.0.1:4701',
    listen: '127.0.0.1:4701',
    database: './data/idp.db',
    tenants: { default: { name: 'Acme' } },
    people: [{ username: 'alice', email: 'alice@acme.example', password: 'x', groups: ['engineering'] }],
  },
  policy: {
    clientApps: [
      { id: 'agent', redirectUris: ['http://127.0.0.1/callback'], auth: { method: 'client_secret_post', secret: 'x' } },
    ],
    resourceApps: [
      { id: 'chat', issuer: 'http://127.0.0.1:4702', resources: [{ identifier: 'http://127.0.0.1:4703/mcp', scopes }] },
    ],
    connections: [
      {
        client: 'agent',
        resourceApp: 'chat',
        resourceClientId: 'agent-at-chat',
        scopes: ['chat.read'],
        state: 'approved',
      },
    ],
    rules: [{ id: 'all', everyone: true, connections: ['agent/chat'], effect: 'allow' }],
  },
};
const yaml = `development: true
idp:
  issuer: http://127.0.0.1:4701
  listen: 127.0.0.1:4701
  database: ./data/idp.db
  people:
    - &alice { username: alice, email: alice@acme.example, groups: [engineering] }
`;
const tokens = [
  '\n  ',
  '\n- ',
  ': ',
  '&a ',
  '*a',
  '*alice',
  '<<: ',
  '!!js/function ',
  '!!binary ',
  '? ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '|\n',
  '>-\n',
  '#',
  'constructor: ',
  '__proto__: ',
  '{',
  '}',
  ', ',
  '"\\x00"',
  '0o17',
  '.inf',
  '~',
];

export const worldTarget: FuzzTarget = {
  name: 'world',
  share: 0.02,
  inputs: fc.oneof(mutatedText([yaml, JSON.stringify(world)], tokens), mutatedJson([world])),
  check(input) {
    try {
      expectPlain(readWorld(input, 'fuzz.yaml'));
    } catch (error) {
      if (!(error instanceof WorldMistakes)) throw error;
      if (error.sentences.length === 0 || error.sentences.some((sentence) => sentence.trim() === ''))
        throw new BrokenPromise('a refusal without a sentence');
    }
  },
};
