import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import {
  type ClientMetadataUrl,
  looksLikeMetadataUrl,
  parseClientMetadataDocument,
  parseClientMetadataUrl,
} from './client-metadata-document.ts';

const url = 'https://agent.example/oauth/client.json' as ClientMetadataUrl;
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const sound = {
  client_id: url,
  client_name: 'Agent',
  redirect_uris: ['https://agent.example/cb'],
  grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri: 'https://agent.example/oauth/jwks.json',
};

function read(changes: object = {}) {
  return parseClientMetadataDocument(JSON.stringify({ ...sound, ...changes }), url);
}

const problemOf = (changes: object): string | undefined => {
  const result = read(changes);
  return result.ok ? undefined : result.refusal.problem;
};

verifies(['CID-04', 'LES-45'], 'only one spelling of an https URL with a path is a client id', () => {
  expect(parseClientMetadataUrl(url).ok).toBe(true);
  expect(parseClientMetadataUrl('https://agent.example:8443/c').ok).toBe(true);
  for (const text of [
    'http://agent.example/c',
    'https://agent.example',
    'https://agent.example/',
    'https://agent.example/c?',
    'https://agent.example/c?a=1',
    'https://agent.example/c#',
    'https://agent.example/c#f',
    'https://u@agent.example/c',
    'https://u:p@agent.example/c',
    'https://agent.example/a/../c',
    'https://agent.example/./c',
    'https://agent.example/%2e%2e/c',
    'https://AGENT.example/c',
    'https://agent.example:443/c',
    'https://agent.example/ c',
    'https://agent.example/é',
    ' https://agent.example/c',
    'https:agent.example/c',
    'HTTPS://agent.example/c',
    'ftp://agent.example/c',
    'javascript:alert(1)',
    'agent',
    '',
    `https://agent.example/${'x'.repeat(240)}`,
  ])
    expect([text, parseClientMetadataUrl(text).ok]).toEqual([text, false]);
});

verifies('CID-06', 'http is for loopback in development alone', () => {
  const development = { allowHttpLoopback: true };
  expect(parseClientMetadataUrl('http://127.0.0.1:4000/c', development).ok).toBe(true);
  expect(parseClientMetadataUrl('http://127.0.0.1:4000/c').ok).toBe(false);
  expect(parseClientMetadataUrl('http://agent.example/c', development).ok).toBe(false);
});

test('ids that are registered by hand do not look like URLs', () => {
  expect(looksLikeMetadataUrl('agent-at-chat')).toBe(false);
  expect(looksLikeMetadataUrl('https://agent.example/c')).toBe(true);
});

verifies(['CID-05', 'LES-44'], 'what counts of a document is a fixed list of members', () => {
  const rights = {
    tags: ['trusted'],
    connections: ['chat'],
    trusted_issuers: ['https://evil.example'],
    state: 'active',
  };
  const result = read({ ...rights, client_uri: 'https://agent.example', scope: 'admin' });
  expect(result).toEqual({
    ok: true,
    value: {
      clientId: url,
      name: 'Agent',
      redirectUris: ['https://agent.example/cb'],
      postLogoutRedirectUris: [],
      grantTypes: sound.grant_types,
      authMethod: 'private_key_jwt',
      keys: { jwksUri: sound.jwks_uri },
    },
  });
});

verifies(['CID-05', 'ATK-58'], 'a document that is not about its URL, or not complete, is none', () => {
  for (const client_id of [undefined, `${url}/`, 'https://AGENT.example/oauth/client.json', 1, null])
    expect(problemOf({ client_id })).toBe('its client_id is not its URL');
  for (const client_name of [undefined, '', '  ', 1, 'x'.repeat(201), 'a\nb'])
    expect(problemOf({ client_name })).toBe('it has no client_name');
  for (const redirect_uris of [undefined, [], 'https://agent.example/cb', [1], Array(65).fill('https://a.example/')])
    expect(problemOf({ redirect_uris })).toBe('it has no redirect_uris');
  for (const text of ['', '[]', '{', 'null', `{"client_id":"${url}","client_id":"${url}"}`, '<html>'])
    expect(parseClientMetadataDocument(text, url).ok).toBe(false);
});

verifies('CID-05', 'a secret or a private key in a document spoils it', () => {
  expect(problemOf({ client_secret: 's' })).toBe('it holds a secret');
  expect(problemOf({ client_secret_expires_at: 0 })).toBe('it holds a secret');
  for (const member of ['d', 'k', 'p'])
    expect(problemOf({ jwks_uri: undefined, jwks: { keys: [key, { ...key, [member]: 'AA' }] } })).toBe(
      'it holds a private or symmetric key',
    );
});

verifies(
  ['CID-08', 'DEL-08'],
  'a method with a secret is refused, and no list makes a client with a key public',
  () => {
    for (const method of ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']) {
      expect(problemOf({ token_endpoint_auth_method: method })).toBe('it names a method with a secret');
      const listed = { token_endpoint_auth_methods_supported: ['private_key_jwt', method] };
      expect(problemOf(listed)).toBe('it names a method with a secret');
    }
    const methodOf = (changes: object): unknown => {
      const result = read({ token_endpoint_auth_method: undefined, ...changes });
      return result.ok ? result.value.authMethod : result.refusal.problem;
    };
    const plural = (...methods: string[]) => ({ token_endpoint_auth_methods_supported: methods });
    expect(methodOf(plural('none', 'private_key_jwt'))).toBe('private_key_jwt');
    expect(methodOf({ ...plural('none'), token_endpoint_auth_method: 'private_key_jwt' })).toBe('private_key_jwt');
    expect(methodOf({ ...plural('private_key_jwt'), token_endpoint_auth_method: 'none' })).toBe('private_key_jwt');
    expect(methodOf(plural('none'))).toBe('none');
    expect(methodOf({})).toBe('private_key_jwt');
    expect(methodOf({ jwks_uri: undefined })).toBe('none');
    expect(methodOf(plural('tls_client_auth'))).toBe('it names no method that is supported');
    expect(methodOf({ token_endpoint_auth_method: ['none'] })).toBe('its authentication methods are no texts');
  },
);

verifies('CID-08', 'a client that signs has one source of keys, at an https URL', () => {
  expect(problemOf({ jwks_uri: undefined })).toBe('it has no keys');
  expect(problemOf({ jwks: { keys: [key] } })).toBe('it has both jwks and jwks_uri');
  for (const jwks_uri of ['http://agent.example/k', 'file:///k', 'k', 'https://u@agent.example/k'])
    expect(problemOf({ jwks_uri })).toBe('its jwks_uri is no https URL');
  expect(read({ jwks_uri: undefined, jwks: { keys: [key] } }).ok).toBe(true);
});

verifies('LES-46', 'a link that is no link refuses the document', () => {
  for (const member of ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri']) {
    for (const link of ['javascript:alert(1)', 'data:image/svg+xml,<svg/>', 'x', 1, null])
      expect(problemOf({ [member]: link })).toBe(`its ${member} is no http or https URL`);
    expect(read({ [member]: 'https://agent.example/x' }).ok).toBe(true);
  }
});
