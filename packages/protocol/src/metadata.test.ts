import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import {
  identityProviderMetadata,
  protectedResourceMetadata,
  protectedResourceMetadataUrl,
  resourceAuthorizationServerMetadata,
  wellKnownUrls,
} from './metadata.ts';

const idp = identityProviderMetadata({
  issuer: 'https://acme.idp.example',
  authorizationEndpoint: 'https://acme.idp.example/authorize',
  tokenEndpoint: 'https://acme.idp.example/token',
  jwksUri: 'https://acme.idp.example/jwks.json',
  signOn: { issuer: 'https://wrong.example', claims_supported: ['sub'], code_challenge_methods_supported: ['plain'] },
});
const rasAddresses = {
  issuer: 'https://auth.chat.example',
  authorizationEndpoint: 'https://auth.chat.example/authorize',
  tokenEndpoint: 'https://auth.chat.example/token',
  jwksUri: 'https://auth.chat.example/jwks.json',
  scopesSupported: ['chat.read'],
  protectedResources: ['https://mcp.chat.example/mcp'],
};
const ras = resourceAuthorizationServerMetadata(rasAddresses);

verifies('MET-01', 'the identity provider says that it issues ID-JAGs', () => {
  expect(idp.identity_chaining_requested_token_types_supported).toEqual(['urn:ietf:params:oauth:token-type:id-jag']);
});

verifies('MET-02', 'the authorization server lists the profile and its grant type', () => {
  expect(ras.authorization_grant_profiles_supported).toEqual(['urn:ietf:params:oauth:grant-profile:id-jag']);
  expect(ras.grant_types_supported).toContain('urn:ietf:params:oauth:grant-type:jwt-bearer');
});

verifies(
  ['MET-03', 'ATK-54'],
  'the authorization server names no trusted issuer and no customer, whatever it is handed',
  () => {
    const pages = {
      op_policy_uri: 'https://chat.example/policy',
      trusted_issuers: ['https://acme.idp.example'],
      tenants: ['acme'],
    };
    const document = resourceAuthorizationServerMetadata({
      issuer: 'https://auth.chat.example',
      authorizationEndpoint: 'https://auth.chat.example/authorize',
      tokenEndpoint: 'https://auth.chat.example/token',
      jwksUri: 'https://auth.chat.example/jwks.json',
      scopesSupported: [],
      protectedResources: [],
      pages,
    });

    expect(document.op_policy_uri).toBe('https://chat.example/policy');
    expect(JSON.stringify(document)).not.toContain('acme');
  },
);

verifies('MET-05', 'issuer is the configured one, whatever the sign-on library says', () => {
  expect(idp.issuer).toBe('https://acme.idp.example');
  expect(ras.issuer).toBe('https://auth.chat.example');
  expect(idp.claims_supported).toEqual(['sub']);
});

verifies('MET-06', 'three well-known URLs for an issuer with a path, two for an origin', () => {
  expect(wellKnownUrls('https://h.example/t/1').all).toEqual([
    'https://h.example/.well-known/oauth-authorization-server/t/1',
    'https://h.example/.well-known/openid-configuration/t/1',
    'https://h.example/t/1/.well-known/openid-configuration',
  ]);
  expect(wellKnownUrls('https://h.example/').all).toEqual([
    'https://h.example/.well-known/oauth-authorization-server',
    'https://h.example/.well-known/openid-configuration',
  ]);
});

verifies('MET-07', 'authorization endpoint and response types are always there', () => {
  for (const document of [idp, ras]) {
    expect(document.authorization_endpoint).toMatch(/\/authorize$/);
    expect(document.response_types_supported).toEqual(['code']);
  }
});

verifies('MET-08', 'S256 is announced, and plain is not', () => {
  for (const document of [idp, ras]) expect(document.code_challenge_methods_supported).toEqual(['S256']);
});

verifies(
  'MET-09',
  'protected resource metadata stands between host and path, and names resource and server exactly',
  () => {
    expect(protectedResourceMetadataUrl('https://mcp.chat.example/mcp')).toBe(
      'https://mcp.chat.example/.well-known/oauth-protected-resource/mcp',
    );
    expect(protectedResourceMetadataUrl('https://mcp.chat.example')).toBe(
      'https://mcp.chat.example/.well-known/oauth-protected-resource',
    );
    expect(protectedResourceMetadataUrl('https://mcp.chat.example/mcp?t=1')).toBe(
      'https://mcp.chat.example/.well-known/oauth-protected-resource/mcp?t=1',
    );
    expect(
      protectedResourceMetadata({
        resource: 'https://mcp.chat.example/mcp',
        authorizationServers: ['https://auth.chat.example'],
      }),
    ).toEqual({
      resource: 'https://mcp.chat.example/mcp',
      authorization_servers: ['https://auth.chat.example'],
      bearer_methods_supported: ['header'],
    });
  },
);

verifies('MCP-11', 'tokens are taken from the header alone, and the metadata says so', () => {
  expect(
    protectedResourceMetadata({ resource: 'https://r.example', authorizationServers: [] }).bearer_methods_supported,
  ).toEqual(['header']);
});

verifies('MET-11', 'the authorization server names the resources it protects', () => {
  expect(ras.protected_resources).toEqual(['https://mcp.chat.example/mcp']);
});

verifies('MCP-14', 'offline_access is never a scope of a resource', () => {
  const document = protectedResourceMetadata({
    resource: 'https://r.example',
    authorizationServers: ['https://a.example'],
    scopesSupported: ['a', 'offline_access'],
  });

  expect(document.scopes_supported).toEqual(['a']);
});

verifies('CID-12', 'client metadata documents are announced only where they are supported', () => {
  expect(ras).not.toHaveProperty('client_id_metadata_document_supported');
  const supporting = resourceAuthorizationServerMetadata({ ...rasAddresses, clientIdMetadataDocuments: true });
  expect(supporting.client_id_metadata_document_supported).toBe(true);
});
