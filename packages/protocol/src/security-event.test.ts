import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import vectors from '../../../spec/vectors.json' with { type: 'json' };
import type { JsonObject } from './json.ts';
import { importJwks, parseCompactJws, verifyJws } from './jws/index.ts';
import { checkSecurityEvent } from './security-event.ts';

const expected = {
  issuer: vectors.config.idp_issuer,
  audience: vectors.config.ras_issuer,
  nowSeconds: vectors.now,
  skewSeconds: 30,
};
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

function sample(text: string): { header: JsonObject; payload: JsonObject } {
  const parsed = parseCompactJws(text);
  if (!parsed.ok) throw new Error(parsed.refusal.problem);
  const verified = verifyJws(parsed.value, importJwks(vectors.jwks.idp).keys, ['ES256']);
  if (!verified.ok) throw new Error(verified.refusal.problem);
  return verified.value;
}

const good = sample(vectors.set_session_revoked_es256);

function code(change: JsonObject, header: JsonObject = good.header): string {
  const checked = checkSecurityEvent({ header, payload: { ...good.payload, ...change } }, expected);
  return checked.ok ? 'accepted' : checked.refusal.code;
}

test('the signed sample is read: one event, about one person of its issuer', () => {
  expect(checkSecurityEvent(good, expected)).toEqual({
    ok: true,
    value: {
      issuer: expected.issuer,
      jti: 'set-1',
      issuedAt: vectors.now,
      txn: 'txn-77',
      type: sessionRevoked,
      event: {
        event_timestamp: 1_795_478_398,
        initiating_entity: 'admin',
        reason_admin: { en: 'Offboarded' },
      },
      subject: { format: 'iss_sub', members: { iss: expected.issuer, sub: 'U019488227' } },
    },
  });
});

verifies('ATK-50', 'each thing that is wrong with a security event refuses it', () => {
  const event = { [sessionRevoked]: {} };
  const cases: [JsonObject, string][] = [
    [{ iss: 'https://evil.example' }, 'issuer'],
    [{ aud: 'https://another.example' }, 'audience'],
    [{ aud: [expected.audience, 'https://another.example'] }, 'audience'],
    [{ sub: 'U019488227' }, 'claims'],
    [{ exp: vectors.now + 60 }, 'claims'],
    [{ jti: undefined }, 'claims'],
    [{ iat: undefined }, 'claims'],
    [{ txn: 7 }, 'claims'],
    [{ iat: vectors.now + 31 }, 'not-yet-valid'],
    [{ events: undefined }, 'event'],
    [{ events: {} }, 'event'],
    [{ events: { ...event, 'urn:more': {} } }, 'event'],
    [{ events: { [sessionRevoked]: null } }, 'event'],
    [{ sub_id: undefined }, 'subject'],
    [{ sub_id: { format: 'iss_sub', iss: expected.issuer } }, 'subject'],
    [{ sub_id: { format: 'iss_sub', iss: 'https://fabrikam.idp.example', sub: 'U019488227' } }, 'subject'],
    [{ sub_id: { format: 'jwt_id', iss: 'https://fabrikam.idp.example', jti: 'x' } }, 'subject'],
    [{ sub_id: { iss: expected.issuer, sub: 'U019488227' } }, 'subject'],
  ];
  for (const [change, name] of cases) expect(code(change), JSON.stringify(change)).toBe(`security-event/${name}`);
  for (const typ of ['logout+jwt', 'JWT', undefined])
    expect(code({}, { ...good.header, typ })).toBe('security-event/typ');
  expect(code({ sub_id: { format: 'email', email: 'ada@acme.example' } })).toBe('accepted');
});

test('property: whatever the claims are, there is an answer, and an accepted subject is of this issuer', () => {
  const claim = fc.constantFrom('iss', 'aud', 'iat', 'exp', 'jti', 'sub', 'sub_id', 'events', 'txn');
  fc.assert(
    fc.property(fc.array(fc.tuple(claim, fc.jsonValue()), { maxLength: 3 }), (changes) => {
      const payload = { ...good.payload, ...Object.fromEntries(changes) } as JsonObject;
      const checked = checkSecurityEvent({ header: good.header, payload }, expected);
      return !checked.ok || [undefined, expected.issuer].includes(checked.value.subject.members.iss as string);
    }),
    { numRuns: 2_000 },
  );
});
