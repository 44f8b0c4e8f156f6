import { describe, expect, test } from 'vitest';
import { mistakesAfter } from '../test/edited-world.ts';

describe('the sentence for a mistake', () => {
  const cases: readonly [what: string, find: string, replacement: string, sentence: string][] = [
    ['an unknown field', 'name: Alice Ng', 'nme: Alice Ng', 'idp.people[0].nme: unknown field — did you mean "name"?'],
    ['an unknown field at the top', 'mcpServer:', 'mcpSever:', 'mcpSever: unknown field — did you mean "mcpServer"?'],
    [
      'an unknown field among switches',
      'linking: jit',
      'linking: { grow: true }',
      'authserver.trustedIssuers[0].linking.grow: unknown field; known here: jit, email, verifiedDomains, audSub.',
    ],
    [
      'an admin API that others reach',
      '  listen: 127.0.0.1:4701\n',
      '  listen: 127.0.0.1:4701\n  admin: { listen: 0.0.0.0:4711 }\n',
      'idp.admin.listen: 0.0.0.0 is reachable by others; with development: true listen on 127.0.0.1.',
    ],
    [
      'an admin API on the port of the IdP',
      '  listen: 127.0.0.1:4701\n',
      '  listen: 127.0.0.1:4701\n  admin: { listen: 127.0.0.1:4701 }\n',
      'idp.admin.listen: idp listens on 127.0.0.1:4701 already.',
    ],
    ['a missing field', '    listen: 127.0.0.1:4702\n'.slice(2), '', 'authserver.listen: is missing.'],
    [
      'a number for a text',
      'username: alice',
      'username: 0123',
      'idp.people[0].username: must be a text, not the value 123; put it in quotes.',
    ],
    [
      'a text for a switch',
      'development: true',
      'development: NO',
      'development: must be true or false, not the text "NO".',
    ],
    [
      'a text for a list',
      'groups: [contractors]',
      'groups: contractors',
      'idp.people[1].groups: must be a list, not the text "contractors".',
    ],
    [
      'a mistyped method',
      'client_secret_post,',
      'client_secret_pots,',
      'policy.clientApps[0].auth.method: must be client_secret_basic, client_secret_post, private_key_jwt or none.',
    ],
    [
      'a secret that is missing',
      ', secret: agent-sample-secret',
      '',
      'policy.clientApps[0].auth.secret: is missing: client_secret_post needs one.',
    ],
    [
      'a secret of a public client',
      'method: client_secret_post',
      'method: none',
      'policy.clientApps[0].auth.secret: a client of method none has no secret.',
    ],
    [
      'a mistyped risk',
      'risk: write',
      'risk: wriet',
      'policy.resourceApps[0].resources[0].scopes["chat.send"].risk: must be read, write, destructive or admin.',
    ],
    [
      'a scope with a space',
      'chat.send:',
      '"chat send":',
      'policy.resourceApps[0].resources[0].scopes["chat send"]: a scope is printable ASCII without spaces, quotes and backslashes.',
    ],
    [
      'an issuer with a query',
      'issuer: http://127.0.0.1:4701',
      'issuer: http://127.0.0.1:4701?x',
      'idp.issuer: an issuer has no query and no fragment.',
    ],
    [
      'an issuer with a password',
      'issuer: http://127.0.0.1:4701',
      'issuer: http://a:b@127.0.0.1:4701',
      'idp.issuer: must be an absolute http or https URL without user name.',
    ],
    [
      'a listen address without port',
      'listen: 127.0.0.1:4701',
      'listen: 127.0.0.1',
      'idp.listen: must be HOST:PORT, such as 127.0.0.1:4701.',
    ],
    [
      'a rule for nobody',
      'groups: [contractors], connections',
      'connections',
      'policy.rules[1]: must say who: people, groups or everyone: true.',
    ],
    [
      'a second tenant',
      'default: { name: Acme }',
      'default: {}, other: {}',
      'idp.tenants: must name exactly one tenant: each IdP process serves one.',
    ],
    [
      'keys of no kind',
      'keys: discovery',
      'keys: everything',
      'authserver.trustedIssuers[0].keys: must be discovery, { jwks: … } or { jwksUri: URL }.',
    ],
    [
      'a private key among public ones',
      'keys: discovery',
      'keys: { jwks: { keys: [{ kty: EC, d: x }] } }',
      'authserver.trustedIssuers[0].keys.jwks: must hold public keys only; a private member ("d", "p", "k") was found.',
    ],
    [
      'rotation of refresh tokens that are not given',
      '      refreshTokens: true\n',
      '      refreshTokenRotation: true\n',
      'policy.clientApps[1].refreshTokenRotation: needs refreshTokens: true.',
    ],
    [
      'a demand of a scope that is not there',
      'tools: { search: chat.read',
      'signOnByScope: { chat.raed: { maxAge: 60 } }\n      tools: { search: chat.read',
      'authserver.resources[0].signOnByScope: this resource has no scope "chat.raed" — did you mean "chat.read"?',
    ],
    [
      'a demand of a tool that is not there',
      'mcpServer:\n',
      'mcpServer:\n  signOnByTool: { serch: { maxAge: 60 } }\n',
      'mcpServer.signOnByTool: http://127.0.0.1:4703/mcp has no tool "serch" — did you mean "search"?',
    ],
    [
      'a demand that demands nothing',
      'policy:\n',
      'policy:\n  signOnByRisk: { write: {} }\n',
      'policy.signOnByRisk.write: must demand acr, maxAge or both.',
    ],
    [
      'a demand for an unknown risk',
      'policy:\n',
      'policy:\n  signOnByRisk: { wrote: { maxAge: 60 } }\n',
      'policy.signOnByRisk.wrote: unknown field — did you mean "write"?',
    ],
    [
      'a class that cannot travel in a list',
      'idp:\n',
      'idp:\n  signOn: { password: { acr: "two words" } }\n',
      'idp.signOn.password.acr: must be printable ASCII without spaces, quotes and backslashes.',
    ],
    [
      'an unknown client app',
      '- client: agent\n',
      '- client: agnt\n',
      'policy.connections[0].client: no client app "agnt" — did you mean "agent"?',
    ],
    [
      'an unknown scope',
      'scopes: [chat.read, chat.history]\n',
      'scopes: [chat.read, chat.histroy]\n',
      'policy.connections[0].scopes[1]: chat has no scope "chat.histroy" — did you mean "chat.history"?',
    ],
    [
      'an unknown connection',
      'connections: [agent/chat],',
      'connections: [agent/chta],',
      'policy.rules[1].connections[0]: no connection "agent/chta" — did you mean "agent/chat"?',
    ],
    [
      'an unknown person',
      'person: alice',
      'person: alcie',
      'sampleApp.person: no person "alcie" — did you mean "alice"?',
    ],
    [
      'an unknown client',
      'clients: [agent-at-chat,',
      'clients: [agent-at-chta,',
      'authserver.trustedIssuers[0].clients[0]: no client "agent-at-chta" — did you mean "agent-at-chat"?',
    ],
    [
      'a tool with an unknown scope',
      'history: chat.history',
      'history: chat.all',
      'authserver.resources[0].tools.history: this resource has no scope "chat.all".',
    ],
    [
      'a resource nobody governs',
      'resource: http://127.0.0.1:4703/mcp\n',
      'resource: http://127.0.0.1:4703/mpc\n',
      'mcpServer.resource: authserver.resources has no "http://127.0.0.1:4703/mpc" — did you mean "http://127.0.0.1:4703/mcp"?',
    ],
    ['a name given twice', 'username: bob', 'username: Alice', 'idp.people[1].username: this username is given twice.'],
    [
      'a port used twice',
      'listen: 127.0.0.1:4703',
      'listen: 127.0.0.1:4702',
      'mcpServer.listen: authserver listens on 127.0.0.1:4702 already.',
    ],
  ];
  test.each(cases)('%s', (_what, find, replacement, sentence) => {
    expect(mistakesAfter(find, replacement)).toContain(sentence);
  });
});
