import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { resourceApp } from '../domain/policy/policy-fixture.ts';
import { indexAudiences } from './audiences.ts';

verifies('TEX-13', 'an audience is found by issuer, alias and the slash variant of an origin-only issuer', () => {
  const chat = resourceApp({ aliases: ['urn:chat'] });
  const deep = resourceApp({ id: 'rap_deep', issuer: 'https://deep.example/as' });
  const audiences = indexAudiences([chat, deep]);
  expect(audiences.get('https://auth.chat.example')).toBe(chat);
  expect(audiences.get('https://auth.chat.example/')).toBe(chat);
  expect(audiences.get('urn:chat')).toBe(chat);
  expect(audiences.get('https://deep.example/as')).toBe(deep);
  expect(audiences.get('https://deep.example/as/')).toBeUndefined();
});

test('a name that two resource apps claim names neither, and an issuer wins over an alias', () => {
  const one = resourceApp({ issuer: 'https://one.example', aliases: ['urn:shared', 'https://two.example'] });
  const two = resourceApp({ id: 'rap_two', issuer: 'https://two.example', aliases: ['urn:shared'] });
  const audiences = indexAudiences([one, two]);
  expect(audiences.get('urn:shared')).toBeUndefined();
  expect(audiences.get('https://two.example')).toBe(two);
});
