import { expect, test } from 'vitest';
import { mistakesAfter } from '../test/edited-world.ts';

const weakKey = 'keys: { jwks: { keys: [{ kty: oct, kid: a }] } }';
const edKey = 'keys: { jwks: { keys: [{ kty: OKP, crv: Ed25519, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo }] } }';

const cases: readonly [what: string, find: string, replacement: string, sentence: string][] = [
  [
    'a client the authorization server does not have',
    'resourceClientId: agent-at-chat',
    'resourceClientId: agent-at-chta',
    'policy.connections[0].resourceClientId: authserver.clients has no "agent-at-chta" — did you mean "agent-at-chat"?',
  ],
  [
    'opaque tokens that nobody could read',
    '      tools: { search: chat.read, history: chat.history }\n',
    '      tools: { search: chat.read, history: chat.history }\n      accessTokens: opaque\n',
    'authserver.resources[0].introspectionSecret: is missing: only introspection can read opaque access tokens.',
  ],
  [
    'tokens of a kind that does not exist',
    '      tools: { search: chat.read, history: chat.history }\n',
    '      tools: { search: chat.read, history: chat.history }\n      accessTokens: paseto\n',
    'authserver.resources[0].accessTokens: must be jwt or opaque.',
  ],
  [
    'an IdP that nobody trusts',
    '- issuer: http://127.0.0.1:4701\n',
    '- issuer: http://127.0.0.1:4711\n',
    'authserver.trustedIssuers: there is no entry for idp.issuer "http://127.0.0.1:4701" — did you mean "http://127.0.0.1:4711"?',
  ],
  [
    'an issuer with a slash too many',
    '      issuer: http://127.0.0.1:4702\n',
    '      issuer: http://127.0.0.1:4702/\n',
    'policy.resourceApps[0].issuer: differs from authserver.issuer by a slash at the end; write http://127.0.0.1:4702.',
  ],
  [
    'the resource of another issuer',
    '      issuer: http://127.0.0.1:4702\n',
    '      issuer: http://127.0.0.1:4712\n',
    'policy.resourceApps[0].issuer: is not authserver.issuer, whose resource http://127.0.0.1:4703/mcp this app names; write http://127.0.0.1:4702.',
  ],
  [
    'a connection without a mapping',
    '      resourceClientId: agent-at-chat\n',
    '',
    'policy.connections[0].resourceClientId: is missing: only a client with a metadata document has one id everywhere.',
  ],
  [
    'a client by URL where documents are off',
    '    - { id: agent-at-chat, name: Agent, auth: { method: client_secret_basic, secret: agent-at-chat-sample-secret } }\n',
    '    - { id: agent-at-chat, name: Agent, auth: { method: client_secret_basic, secret: agent-at-chat-sample-secret } }\n    - { id: "https://a.example/c" }\n',
    'authserver.clients[1].id: is a URL, and authserver.clientMetadataDocuments is not set.',
  ],
  [
    'an app by URL where documents are off',
    '  resourceApps:\n',
    '    - { id: "https://a.example/c" }\n  resourceApps:\n',
    'policy.clientApps[2].id: is a URL, and idp.clientMetadataDocuments is off.',
  ],
  [
    'public apps where documents are off',
    '  listen: 127.0.0.1:4701\n',
    '  listen: 127.0.0.1:4701\n  publicClients: true\n',
    'idp.publicClients: needs idp.clientMetadataDocuments: only a client with a document may be public.',
  ],
  [
    'vouching where documents are off',
    'clients: [agent-at-chat, agent-basic-at-chat]',
    'clients: vouched',
    'authserver.trustedIssuers[0].clients: vouched needs authserver.clientMetadataDocuments.',
  ],
  [
    'a client that is described twice',
    '  resourceApps:\n',
    '    - { id: "https://a.example/c", auth: { method: none } }\n  resourceApps:\n',
    'policy.clientApps[2].auth: is said by the metadata document of this client, not here.',
  ],
  [
    'an algorithm the authorization server does not take',
    'signingAlgorithm: ES256',
    'signingAlgorithm: PS256',
    'authserver.trustedIssuers[0].algorithms: lacks PS256, with which the ID-JAGs for chat are signed.',
  ],
  [
    'a tool the server does not have',
    'tool: search',
    'tool: serach',
    'sampleApp.call.tool: http://127.0.0.1:4703/mcp has no tool "serach" — did you mean "search"?',
  ],
  [
    'an app without a connection',
    '    - client: agent\n',
    '    - client: agent-basic\n',
    'sampleApp.client: "agent" has no connection in policy.connections.',
  ],
  [
    'linking by e-mail without a domain',
    'linking: jit',
    'linking: { email: true }',
    'authserver.trustedIssuers[0].linking.verifiedDomains: is missing: linking by e-mail needs the domains of this issuer.',
  ],
  [
    'a group nobody is in',
    'groups: [contractors], connections',
    'groups: [contractor], connections',
    'policy.rules[1].groups[0]: nobody in idp.people is in "contractor" — did you mean "contractors"?',
  ],
  [
    'a public client with a connection',
    '{ method: client_secret_post, secret: agent-sample-secret }',
    '{ method: none }',
    'policy.connections[0].client: "agent" is a public client (method none), and none gets an ID-JAG. Give it a secret.',
  ],
  [
    'keys of which none is usable',
    'keys: discovery',
    weakKey,
    'authserver.trustedIssuers[0].keys.jwks: holds no usable key. Key 0: has a type or curve that is not supported.',
  ],
  [
    'keys for no accepted algorithm',
    'keys: discovery',
    edKey,
    'authserver.trustedIssuers[0].keys.jwks: holds no key for ES256, RS256.',
  ],
];
test.each(cases)('%s is one sentence with its path', (_what, find, replacement, sentence) => {
  expect(mistakesAfter(find, replacement)).toContain(sentence);
});

test('one wrong instant is one mistake', () => {
  expect(mistakesAfter('owner: Bo Kim', 'expiresAt: tomorrow')).toEqual([
    'policy.connections[0].expiresAt: must be a date such as 2027-01-14 or 2027-01-14T08:00:00Z.',
  ]);
});
