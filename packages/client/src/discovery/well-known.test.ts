import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { authorizationServerLocations, identityProviderLocations, protectedResourceLocations } from './well-known.ts';

verifies('MCP-10', 'issuers with a path have three locations, others two', () => {
  expect(authorizationServerLocations('https://as.example/tenant')).toEqual([
    'https://as.example/.well-known/oauth-authorization-server/tenant',
    'https://as.example/.well-known/openid-configuration/tenant',
    'https://as.example/tenant/.well-known/openid-configuration',
  ]);
  expect(authorizationServerLocations('https://as.example')).toEqual([
    'https://as.example/.well-known/oauth-authorization-server',
    'https://as.example/.well-known/openid-configuration',
  ]);
});

verifies('MCP-10', 'a resource is described below its path, then at the root', () => {
  expect(protectedResourceLocations('https://mcp.example/a/mcp')).toEqual([
    'https://mcp.example/.well-known/oauth-protected-resource/a/mcp',
    'https://mcp.example/.well-known/oauth-protected-resource',
  ]);
  expect(protectedResourceLocations('https://mcp.example')).toEqual([
    'https://mcp.example/.well-known/oauth-protected-resource',
  ]);
});

test('an identity provider is asked for its OpenID Connect document first', () => {
  expect(identityProviderLocations('https://idp.example/tenant')).toEqual([
    'https://idp.example/tenant/.well-known/openid-configuration',
    'https://idp.example/.well-known/oauth-authorization-server/tenant',
    'https://idp.example/.well-known/openid-configuration/tenant',
  ]);
  expect(identityProviderLocations('https://idp.example')).toEqual([
    'https://idp.example/.well-known/openid-configuration',
    'https://idp.example/.well-known/oauth-authorization-server',
  ]);
});
