import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { normalizeLoginIdentifier } from './login-identifier.ts';

verifies('LES-56', 'every spelling of a name is one name', () => {
  for (const typed of ['alice', 'Alice', ' ALICE\t', 'ａｌｉｃｅ'])
    expect(normalizeLoginIdentifier(typed)).toBe('alice');
  for (const typed of ['Bo@Straße.example', 'bo@xn--strae-oqa.example', 'ｂｏ＠straße.example'])
    expect(normalizeLoginIdentifier(typed)).toBe('bo@xn--strae-oqa.example');
});

verifies('LES-14', 'several @, quoted addresses and invisible characters are no names', () => {
  const refused = [
    'v＠corp.example@evil.example',
    'a@evil.example@corp.example',
    '"a@corp.example"@evil.example',
    '@corp.example',
    'a@',
    '',
    '   ',
    'al\u200bice',
    'al\u0000ice',
    'al ice',
    'a\u202ecila',
    'x'.repeat(321),
  ];
  for (const typed of refused) expect([typed, normalizeLoginIdentifier(typed)]).toEqual([typed, undefined]);
});
