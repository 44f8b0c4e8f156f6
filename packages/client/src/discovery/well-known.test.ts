import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { authorizationServerLocations, protectedResourceLocations } from './well-known.ts';

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
