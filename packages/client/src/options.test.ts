import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { clientSecretBasic, clientSecretPost, none } from './client-auth.ts';
import { CrossgrantMisuse } from './errors.ts';
import { type CrossgrantClientOptions, checkOptions } from './options.ts';

const good: CrossgrantClientOptions = {
  idp: { issuer: 'https://acme.idp.example', clientId: 'agent-at-acme', auth: clientSecretPost('s') },
  resourceServers: { 'https://auth.chat.example': { clientId: 'agent-at-chat', auth: clientSecretBasic('s') } },
};

function misuseOf(options: CrossgrantClientOptions): unknown {
  try {
    checkOptions(options);
    return undefined;
  } catch (error) {
    return error instanceof CrossgrantMisuse ? error.code : error;
  }
}

verifies('CAU-07', 'credentials carry the issuer they are for', () => {
  const checked = checkOptions(good);
  expect(checked.idp.issuer).toBe('https://acme.idp.example');
  expect(checked.resourceServers.get('https://auth.chat.example')?.issuer).toBe('https://auth.chat.example');
  expect(checked.resourceServers.get('__proto__')).toBeUndefined();
});

verifies('DEL-04', 'a public client does not trade its refresh token', () => {
  const idp = { ...good.idp, auth: none(), subject: 'refresh_token' as const };
  expect(misuseOf({ ...good, idp })).toBe('misuse/public-subject');
  expect(misuseOf({ ...good, idp: { ...idp, subject: 'id_token' } })).toBeUndefined();
});

verifies('ATK-40', 'a public client does not redeem ID-JAGs', () => {
  const resourceServers = { 'https://auth.chat.example': { clientId: 'agent', auth: none() } };
  expect(misuseOf({ ...good, resourceServers })).toBe('misuse/public-client');
  expect(misuseOf({ ...good, idp: { ...good.idp, auth: none() } })).toBeUndefined();
});

test('an issuer that cannot be one is misuse, and http needs loopback and development', () => {
  for (const issuer of [
    'http://acme.idp.example',
    'acme',
    'https://a.example?x',
    'https://a.example#x',
    'http://127.0.0.1:1',
  ]) {
    expect(misuseOf({ ...good, idp: { ...good.idp, issuer } })).toBe('misuse/issuer');
    const resourceServers = { [issuer]: { clientId: 'agent', auth: clientSecretBasic('s') } };
    expect(misuseOf({ ...good, resourceServers })).toBe('misuse/issuer');
  }
  expect(misuseOf({ ...good, idp: { ...good.idp, issuer: 'http://127.0.0.1:1' }, development: true })).toBeUndefined();
  expect(misuseOf({ ...good, idp: { ...good.idp, clientId: '' } })).toBe('misuse/client-id');
  expect(() => clientSecretPost('')).toThrow(CrossgrantMisuse);
});
