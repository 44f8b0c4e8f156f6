import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect } from 'vitest';
import { auditColumns } from '../audit/audit-entry.ts';
import { cleanText } from '../audit/clean-text.ts';
import { redactedJson, redactText, redactValue } from './redact.ts';

/** Texts made of the pieces that secrets are known by, and of what may stand between them. */
const pieces = [
  'eyJhbGciOiJFUzI1NiJ9.e30.c2ln',
  'eyJ',
  'cg_admin_',
  'PHNhbW',
  '<saml:Assertion',
  '<Assertion',
  '-----BEGIN KEY-----',
  '-----END KEY-----',
  'Bearer',
  'basic',
  'DPoP',
  'client_secret',
  'secret',
  'id_token',
  'code',
  'password',
  'Code',
  '=',
  '%3D',
  '":"',
  '"',
  "'",
  ':',
  ' ',
  '\n',
  '\t',
  '\v',
  '\u2028',
  '\\',
  'n',
  'abcdefgh',
  'x',
  '\u0000',
  '\ud800',
  'ü',
];
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((list) => list.join(''));
const names = fc.oneof(
  text,
  fc.constantFrom('scope', 'subject', 'token', 'k', 'private_key', 'sid', '__proto__', 'code'),
);
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant('REQUEST_DENIED'),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(names, tie('node'), { maxKeys: 4 }),
  ),
})).node;

verifies(['ATK-60', 'IDJ-22'], 'property: the first look lets nothing pass that the replacements would find', () => {
  fc.assert(
    // What stands in front is always found, so every replacement is tried.
    fc.property(text, (each) => redactText(`eyJ ${each}`) === `[token] ${redactText(each)}`),
    { numRuns: 5_000 },
  );
});

verifies(['ATK-60', 'IDJ-22'], 'property: data that is not copied first reads as its redacted copy', () => {
  fc.assert(
    fc.property(value, (each) => redactedJson(each) === JSON.stringify(redactValue(each))),
    { numRuns: 5_000 },
  );
  const deep = JSON.parse(`${'{"a":'.repeat(12)}1${'}'.repeat(12)}`);
  for (const each of [deep, Array.from({ length: 300 }, (_, index) => index)])
    expect(redactedJson(each)).toBe(JSON.stringify(redactValue(each)));
});

verifies(['ATK-60', 'LES-80'], 'property: an entry of the audit is cleaned as each of its texts would be', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 6, maxLength: 6 }), fc.boolean(), (texts, isLong) => {
      const [client = '', audience = '', resource = '', scopesRequested = '', username = '', tail = ''] = texts;
      const email = isLong ? 'm'.repeat(2_000) + tail : tail;
      const columns = auditColumns({
        id: 'aud_1',
        scope: 'ten_1',
        at: 1,
        kind: 'exchange',
        outcome: 'allow',
        client,
        audience,
        resource,
        scopesRequested,
        personal: { person: 'usr_1', username, email },
      });
      expect([columns.client, columns.audience, columns.resource, columns.scopes_requested]).toEqual(
        [client, audience, resource, scopesRequested].map((each) => cleanText(each)),
      );
      expect([columns.personal?.username, columns.personal?.email]).toEqual([cleanText(username), cleanText(email)]);
    }),
    { numRuns: 2_000 },
  );
});
