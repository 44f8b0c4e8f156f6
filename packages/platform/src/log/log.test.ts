import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLog, type Logger } from './log.ts';
import { redactText } from './redact.ts';

const token =
  'eyJhbGciOiJFUzI1NiIsInR5cCI6Im9hdXRoLWlkLWphZytqd3QifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIn0.c2lnbmF0dXJl';
const canary = 'canary-2f9c1d7e4b';

function capture(write: (log: Logger) => void): string {
  const lines: string[] = [];
  write(createLog({ name: 'test', level: 'trace', destination: { write: (line: string) => lines.push(line) } }));
  return lines.join('');
}

verifies(['ATK-60', 'IDJ-22'], 'no token appears in a log, wherever it was put', () => {
  const error = new Error(`verification of ${token} failed`, { cause: new Error(token) });
  const output = capture((log) => {
    log.info(token);
    log.info('assertion %s', token);
    log.info({ token, nested: { list: [token, { [token]: token }] }, url: `/x?assertion=${token}#${token}` }, token);
    log.error({ err: error }, 'failed');
    log.error(error);
    log.child({ subject: token, bindings: { token } }).warn('child');
    log.warn({ raw: Buffer.from(token).toString() });
    log.warn(`half of it: ${token.slice(0, 40)}`);
  });
  expect(output).not.toContain('eyJ');
  expect(output).not.toContain('c2lnbmF0dXJl');
  expect(output.trim().split('\n')).toHaveLength(8);
});

verifies(['LES-82', 'ATK-60'], 'secrets are gone by their name, their header and their form', () => {
  const output = capture((log) => {
    log.info({
      client_secret: canary,
      clientSecret: canary,
      password: canary,
      Authorization: canary,
      cookie: canary,
      'set-cookie': [canary],
      refresh_token: canary,
      refreshToken: canary,
      code: canary,
      code_verifier: canary,
      id_token_hint: canary,
      SAMLResponse: canary,
      privateKey: { deep: canary },
      assertion: canary,
    });
    log.info(`POST body client_secret=${canary}&grant_type=x&code=${canary}&refresh_token=${canary}`);
    log.info(`headers: Authorization: Bearer ${canary}; Basic ${canary}; DPoP ${canary}`);
    log.info(`{"password":"${canary}","client_secret": "${canary}"}`);
    log.error(new Error(`token endpoint said: refresh_token=${canary}`));
  });
  expect(output).not.toContain(canary);
});

verifies(['LES-47', 'LES-82'], 'no private key reaches a log, as PEM or as JWK', () => {
  const output = capture((log) => {
    log.info({ jwk: { kty: 'EC', crv: 'P-256', d: canary, x: 'x' } });
    log.info(`-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----`);
    log.info({ pem: `-----BEGIN EC PRIVATE KEY-----\n${canary}` });
  });
  expect(output).not.toContain(canary);
  expect(output).not.toContain('BEGIN');
});

verifies('ATK-60', 'SAML assertions and their encoded forms do not appear', () => {
  const encoded = Buffer.from(`<saml:Assertion ID="x">${canary}</saml:Assertion>`).toString('base64');
  const output = capture((log) => {
    log.info(`<saml2:Assertion xmlns="x">${canary}</saml2:Assertion>`);
    log.info(`SAML=${encoded}`);
  });
  expect(output).not.toContain(canary);
  expect(output).not.toContain(encoded.slice(10, 40));
});

verifies('LES-80', 'a record stays one line that parses, whatever is in it', () => {
  const hostile = 'a\tb\r\n{"level":60,"msg":"forged"}\n<14>\u202e\u2028\u2029\ud800\u0000';
  const output = capture((log) => {
    log.info({ client: hostile, [hostile]: 1 }, hostile);
    log.error(new Error(hostile));
  });
  const lines = output.trim().split('\n');
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  expect(output).not.toMatch(/[\u202e\u2028\u2029\ud800\t\r]/);
});

verifies('LES-82', 'an admin token does not appear, wherever it was put', () => {
  const admin = `cg_admin_${canary}${canary}`;
  const output = capture((log) => {
    log.info({ reason: `use ${admin} please`, nested: [admin] }, admin);
    log.error(new Error(`no such token ${admin}`));
  });
  expect(output).not.toContain(canary);
});

test('what is no secret stays: ids, codes of errors and refusals, counts, issuers', () => {
  const output = capture((log) => {
    log.warn(
      {
        id: 'aud_01',
        code: 'ECONNREFUSED',
        refusal: { code: 'assertion/audience' },
        jti: 'abc',
        iss: 'https://idp.example',
        tokens: 3,
        hasSecret: true,
        authorizationDetails: [{ type: 'calendar' }],
        subjectTokenType: 'urn:x',
        assertionSeconds: '300',
      },
      'token refused',
    );
  });
  expect(JSON.parse(output)).toMatchObject({
    name: 'test',
    id: 'aud_01',
    code: 'ECONNREFUSED',
    refusal: { code: 'assertion/audience' },
    jti: 'abc',
    iss: 'https://idp.example',
    tokens: 3,
    hasSecret: true,
    authorizationDetails: [{ type: 'calendar' }],
    subjectTokenType: 'urn:x',
    assertionSeconds: '300',
    msg: 'token refused',
  });
});

verifies('ATK-60', 'a token is found at any place of any text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => !redactText(`${before}${token}${after}`).includes('eyJ')),
  );
});
