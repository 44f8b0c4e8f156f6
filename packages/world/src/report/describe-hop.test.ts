import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { decodeToken, recordingFetch } from '../parties/recording-fetch.ts';
import { describeHop, resultLines } from './describe-hop.ts';
import type { Hop } from './hop.ts';
import { createTerminal, hasColours } from './terminal.ts';

function token(claims: object): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'ES256', typ: 'oauth-id-jag+jwt' })}.${encode(claims)}.c2lnbmF0dXJl`;
}

function exchangeHop(overrides: Partial<Hop> = {}): Hop {
  return {
    stage: 'exchange',
    isDone: true,
    at: 1_795_513_903_000,
    milliseconds: 8.4,
    url: 'http://127.0.0.1:4701/token',
    asked: { client_id: 'agent', audience: 'http://127.0.0.1:4702', scope: 'chat.read chat.send' },
    answered: { scope: 'chat.read', token_type: 'N_A' },
    token: decodeToken(token({ sub: 'U1', scope: 'chat.read' })),
    ...overrides,
  };
}

function printed(hop: Hop, colours = false): string {
  let text = '';
  createTerminal({ write: (part) => (text += part), hasColours: colours }).hop(describeHop(hop));
  return text;
}

test('a hop is printed with what was asked, what was granted, and the decoded token', () => {
  expect(printed(exchangeHop())).toBe(
    [
      '',
      '② Exchange  allowed: an ID-JAG for http://127.0.0.1:4702                                        8 ms',
      '   client        agent',
      '   asked         chat.read chat.send',
      '   granted       chat.read',
      '   ID-JAG        alg ES256  typ oauth-id-jag+jwt',
      '   sub           U1',
      '   scope         chat.read',
      '',
    ].join('\n'),
  );
});

test('claims are told in the order of who, whom and what, with times as clock and distance', () => {
  const claims = {
    exp: 1_795_514_203,
    amr: ['pwd', 'otp'],
    aud: 'http://as',
    sub: 'U1',
    iss: 'http://idp',
    iat: 1_795_513_903,
  };
  const rows = describeHop(exchangeHop({ token: { header: {}, claims } })).rows.slice(-6);
  expect(rows.map(({ label, value, note }) => [label, value, note])).toEqual([
    ['iss', 'http://idp', undefined],
    ['sub', 'U1', undefined],
    ['aud', 'http://as', undefined],
    ['amr', 'pwd otp', undefined],
    ['exp', '1795514203', '09:56:43 UTC, in 5 min'],
    ['iat', '1795513903', '09:51:43 UTC, now'],
  ]);
});

test('a refused hop leads with the error, its sentence and the decision id', () => {
  const hop = exchangeHop({
    isDone: false,
    token: undefined,
    answered: {},
    failure: { error: 'access_denied', sentence: 'The policy does not allow this.', id: 'aud_1' },
  });
  expect(printed(hop)).toContain(
    '   refused       access_denied  The policy does not allow this.\n   decision      aud_1\n',
  );
});

test('a long line leaves the time at the right edge, on the next one', () => {
  const [, first = '', second = ''] = printed(
    exchangeHop({ asked: { client_id: 'agent', audience: `https://${'a'.repeat(80)}.example` } }),
  ).split('\n');
  expect(first).toMatch(/\.example$/);
  expect(second).toBe('8 ms'.padStart(100));
});

test('a key id is shortened, and a refusal without a code is its sentence', () => {
  const token = { header: { alg: 'ES256', kid: '5f0UPOIMlWhLC90F' }, claims: {} };
  expect(printed(exchangeHop({ token }))).toContain('alg ES256  kid 5f0UPOIM…\n');
  const failure = { error: '', sentence: 'This account is switched off.' };
  expect(printed(exchangeHop({ isDone: false, token: undefined, failure }))).toContain(
    '   refused       This account is switched off.\n',
  );
});

test('colours appear on a terminal only, and never with NO_COLOR', () => {
  expect(hasColours({ isTTY: true }, {})).toBe(true);
  expect(hasColours({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(hasColours({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  expect(hasColours({}, {})).toBe(false);
  expect(printed(exchangeHop())).not.toContain('\u001b');
  expect(printed(exchangeHop(), true)).toContain('\u001b[');
});

test('text from a server cannot move the cursor or turn around what follows', () => {
  const hostile = exchangeHop({
    token: { header: { alg: 'ES256', kid: '\u001b[2Jx' }, claims: { sub: 'a\r\nb\u202ec' } },
  });
  expect(printed(hostile)).not.toMatch(/[\u001b\r\u202e]/);
  expect(resultLines([{ type: 'text', text: 'a\u001b[31m\nb' }])).toEqual(['a·[31m', 'b']);
});

test('a long result is cut, and says by how much', () => {
  const lines = resultLines([
    { type: 'text', text: Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n') },
  ]);
  expect(lines).toHaveLength(12);
  expect(lines.at(-1)).toBe('… 19 more lines');
});

verifies('LES-83', 'what a hop records holds no token, no signature, no secret and no code', async () => {
  const hops: Hop[] = [];
  const idJag = token({ sub: 'U1', jti: 'j1' });
  const recorded = recordingFetch(
    (hop) => hops.push(hop),
    async () =>
      Response.json({
        access_token: idJag,
        issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        token_type: 'N_A',
        expires_in: 300,
        refresh_token: 'rt-secret',
      }),
  );
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    client_id: 'agent',
    client_secret: 'agent-secret',
    subject_token: token({ sub: 'idt' }),
    assertion: 'eyJassertion',
    code: 'code-1',
    audience: 'http://as',
  });
  await (
    await recorded('http://idp/token', {
      method: 'POST',
      body,
      headers: { authorization: `Basic ${btoa('agent:basic-secret')}` },
    })
  ).json();
  const text = JSON.stringify(hops);
  expect(hops[0]?.token?.claims).toEqual({ sub: 'U1', jti: 'j1' });
  for (const secret of ['eyJ', 'c2lnbmF0dXJl', 'agent-secret', 'basic-secret', 'rt-secret', 'code-1'])
    expect(text).not.toContain(secret);
});

test('other requests pass unrecorded, and the caller still reads the answer', async () => {
  const hops: Hop[] = [];
  const recorded = recordingFetch(
    (hop) => hops.push(hop),
    async () => new Response('plain'),
  );
  await expect((await recorded('http://idp/.well-known/openid-configuration')).text()).resolves.toBe('plain');
  expect(hops).toEqual([]);
});
