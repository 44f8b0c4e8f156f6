import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { belongsToResource, isAllowedAddress, isOpenableAddress, resourceOf } from './address.ts';

verifies('CLI-11', 'addresses are https, or http to a loopback literal in development', () => {
  expect(isAllowedAddress('https://mcp.chat.example/mcp', false)).toBe(true);
  expect(isAllowedAddress('http://127.0.0.1:8080/mcp', false)).toBe(false);
  for (const host of ['127.0.0.1', '[::1]', 'localhost'])
    expect(isAllowedAddress(`http://${host}:1/`, true)).toBe(true);
  const never = [
    'http://0.0.0.0/',
    'http://127.0.0.1.nip.io/',
    'http://evil-localhost.example/',
    'https://user@mcp.chat.example/',
    'https://user:pw@mcp.chat.example/',
    'ws://127.0.0.1/',
    '/mcp',
    '',
  ];
  for (const address of never) expect(isAllowedAddress(address, true)).toBe(false);
});

verifies('LES-92', 'only web addresses are for the browser', () => {
  expect(isOpenableAddress('https://acme.idp.example/authorize?x=$(id)')).toBe(true);
  for (const address of ['file:///etc/passwd', 'javascript:alert(1)', 'http://x/$(id)', 'mailto:a@b', 'smb://x/y']) {
    expect(isOpenableAddress(address)).toBe(false);
  }
});

verifies('MCP-11', 'an address belongs to a resource by origin and whole segments', () => {
  const resource = 'https://mcp.chat.example/mcp';
  expect(belongsToResource('https://mcp.chat.example/mcp?x=1', resource)).toBe(true);
  expect(belongsToResource('https://mcp.chat.example/mcp/a', resource)).toBe(true);
  expect(belongsToResource('https://mcp.chat.example/any', 'https://mcp.chat.example')).toBe(true);
  const foreign = [
    'https://mcp.chat.example/mcp-admin',
    'https://evil.example/mcp',
    'https://mcp.chat.example:8443/mcp',
  ];
  const others = [
    'http://mcp.chat.example/mcp',
    'https://mcp.chat.example/mcp/../x',
    'https://mcp.chat.example/',
    'mcp',
  ];
  for (const url of [...foreign, ...others]) expect(belongsToResource(url, resource)).toBe(false);
  expect(resourceOf('https://mcp.chat.example/mcp?x=1#y')).toBe(resource);
});
