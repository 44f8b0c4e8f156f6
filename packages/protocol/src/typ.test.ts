import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { sameTyp } from './typ.ts';

verifies('IDJ-01', 'typ is compared without case, after an optional application/', () => {
  for (const typ of [
    'oauth-id-jag+jwt',
    'OAuth-ID-JAG+JWT',
    'application/oauth-id-jag+jwt',
    'APPLICATION/oauth-id-jag+jwt',
  ])
    expect(sameTyp(typ, 'oauth-id-jag+jwt'), typ).toBe(true);
  for (const typ of [
    undefined,
    null,
    1,
    {},
    ['oauth-id-jag+jwt'],
    '',
    'JWT',
    'jwt',
    'application/',
    'application/application/oauth-id-jag+jwt',
    ' oauth-id-jag+jwt',
    'oauth-id-jag+jwt;x',
    'text/oauth-id-jag+jwt',
  ]) {
    expect(sameTyp(typ, 'oauth-id-jag+jwt'), String(typ)).toBe(false);
  }
});
