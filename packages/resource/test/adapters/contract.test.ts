import { hash, randomUUID } from 'node:crypto';
import { formatBasic } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { sendRaw, verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BearerRequest } from '../../src/middleware/bearer-header.ts';
import { createMiddlewareWorld, metadataUrl, now, resource } from '../middleware-world.ts';
import { bodyOf, clientId, clientSecret, createWorld, idJag, mcpResource, self, tokenRequest } from '../support.ts';
import { frameworks, type Running } from './frameworks.ts';

const metadataPath = new URL(metadataUrl).pathname;
const holder = generateSigningKey('ES256');
const form = 'content-type: application/x-www-form-urlencoded';
const basic = `authorization: ${formatBasic(clientId, clientSecret)}`;
/** What a stranger says about the host that was asked. */
const forged = [
  'host: evil.example',
  'x-forwarded-host: evil.example',
  'x-forwarded-proto: http',
  'x-forwarded-prefix: /evil',
  'x-original-url: /evil',
  'forwarded: host=evil.example;proto=http',
];

describe.each(Object.entries(frameworks))('in %s', (_name, start) => {
  const world = createMiddlewareWorld();
  const ras = createWorld();
  const judged: BearerRequest[] = [];
  const runs: { route: string; seen: unknown }[] = [];
  const bearer = `authorization: Bearer ${world.token()}`;
  let running: Running;

  const send = (method: string, path: string, headers: readonly string[] = [], body?: string | Buffer) =>
    sendRaw(running.origin, { method, path, headers, body });
  const redeem = (body: string | Buffer, headers: readonly string[] = []) =>
    send('POST', '/token', [form, basic, ...headers], body);

  beforeAll(async () => {
    const gate = {
      ...world.server,
      admit: (...args: Parameters<typeof world.server.admit>) => {
        judged.push(args[0]);
        return world.server.admit(...args);
      },
    };
    const ran = (route: string, seen: unknown): void => void runs.push({ route, seen });
    running = await start({ gate, authorizationServer: ras.server, ran });
  });
  beforeEach(() => {
    judged.length = 0;
    runs.length = 0;
  });
  afterAll(() => running.close());

  verifies(['LES-86', 'MET-10'], 'without one good token no handler runs, whatever the method', async () => {
    const wrong = [[], ['authorization: Bearer junk'], ['authorization: Basic YTpi'], [bearer, bearer]];
    for (const headers of wrong)
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE']) {
        const answer = await send(method, '/mcp', headers);
        expect([400, 401]).toContain(answer.status);
        expect(answer.head).toContain(`resource_metadata="${metadataUrl}"`);
      }
    expect((await send('GET', `/mcp?access_token=${world.token()}`)).status).toBe(400);
    expect(runs).toEqual([]);
  });

  verifies(
    ['RSV-08', 'ATK-61', 'RSV-07'],
    'a handler gets the caller, and no header that holds the token',
    async () => {
      const answer = await send('GET', '/mcp?x=1', [bearer, 'x-other: 1']);

      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({ subject: 'acct_7', same: true });
      expect(JSON.stringify(runs)).not.toMatch(/eyJ|authorization/i);
      expect(JSON.stringify(runs)).toContain('x-other');
      expect((await send('HEAD', '/mcp', [bearer])).body).toBe('');
    },
  );

  verifies('RSV-04', 'a route asks for scopes of its own', async () => {
    const refused = await send('GET', '/mcp/history', [bearer]);
    expect(refused.status).toBe(403);
    expect(refused.head).toContain('scope="chat.history"');
    expect(runs).toEqual([]);

    const both = world.token({ scope: ['chat.read', 'chat.history'] });
    expect((await send('GET', '/mcp/history', [`authorization: Bearer ${both}`])).status).toBe(200);
    expect(runs).toHaveLength(1);
  });

  verifies('MET-09', 'the metadata is served without a token, and says the same whatever host was asked', async () => {
    const document = await send('GET', metadataPath);
    expect(JSON.parse(document.body)).toMatchObject({ resource, authorization_servers: ['https://auth.chat.example'] });
    expect(await send('GET', metadataPath, forged)).toMatchObject({ status: 200, body: document.body });
    expect(await send('HEAD', metadataPath)).toMatchObject({ status: 200, body: '' });
    expect((await send('POST', metadataPath)).status).toBe(405);
    expect((await send('GET', '/mcp', forged)).head).toContain(`resource_metadata="${metadataUrl}"`);
  });

  test('the gate judges what was sent: the whole path, and each of two proofs', async () => {
    await send('POST', '/mcp/history?q=1', ['DPoP: proof-1', 'dpop: proof-2', ...forged], '{}');

    const { method, path, query, headers } = judged[0] as BearerRequest;
    expect([method, path, query]).toEqual(['POST', '/mcp/history', 'q=1']);
    expect(headers.all('dpop')).toEqual(['proof-1', 'proof-2']);
  });

  verifies(['RSV-03', 'ATK-35'], 'a bound token needs one fresh proof for the address that is configured', async () => {
    const token = world.token({ scope: ['chat.read', 'chat.history'], provenKey: holder.kid });
    const ath = hash('sha256', token, 'base64url');
    const proof = (htu = `${resource}/history`): string => {
      const payload = { jti: randomUUID(), htm: 'GET', htu, iat: now, ath };
      return `dpop: ${signJws(holder, 'dpop+jwt', payload, { jwk: holder.publicJwk })}`;
    };
    const ask = async (...proofs: string[]): Promise<number> =>
      (await send('GET', '/mcp/history?page=2', [`authorization: DPoP ${token}`, ...proofs, ...forged])).status;

    const fresh = proof();
    expect(await ask(fresh)).toBe(200);
    expect(await ask(fresh)).toBe(401);
    expect(await ask(proof(), proof())).toBe(401);
    expect(await ask(proof('https://evil.example/mcp/history'))).toBe(401);
    expect(await ask()).toBe(401);
    expect((await send('GET', '/mcp/history', [`authorization: Bearer ${token}`, proof()])).status).toBe(401);
    expect(runs).toHaveLength(1);
  });

  test('what a handler throws is the framework’s, and the next request is served', async () => {
    const failed = await send('GET', '/mcp/fails', [bearer]);
    expect(failed.status).toBe(500);
    expect(failed.head + failed.body).not.toContain('the handler failed');
    expect((await send('GET', '/mcp', [bearer])).status).toBe(200);
  });

  test('an ID-JAG is redeemed, the token is introspected and ended, and strangers’ paths are left alone', async () => {
    const redeemed = await redeem(tokenRequest(idJag()).body, forged);
    expect(redeemed.status).toBe(200);
    const { access_token: token, resource: granted } = JSON.parse(redeemed.body) as Record<string, string>;
    expect(granted).toBe(mcpResource);
    const asked = new URLSearchParams({ token: token as string }).toString();
    const secret = formatBasic(mcpResource, `rs-${new URL(mcpResource).hostname}`);
    const introspect = () => send('POST', '/introspect', [form, `authorization: ${secret}`], asked);
    expect(bodyOf((await introspect()) as never)).toMatchObject({ active: true, iss: self });
    expect((await send('POST', '/revoke', [form, basic], asked)).status).toBe(200);
    expect(bodyOf((await introspect()) as never)).toEqual({ active: false });
    expect((await send('GET', '/hello')).body).toBe('hello');
    expect([404, 401]).toContain((await send('GET', '/token/more')).status);
  });

  verifies(['MET-05', 'MET-06'], 'the server’s documents name its issuer, whatever host was asked', async () => {
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      const document = await send('GET', path, forged);
      expect(JSON.parse(document.body)).toMatchObject({ issuer: self, token_endpoint: `${self}/token` });
      expect(await send('HEAD', path)).toMatchObject({ status: 200, body: '' });
    }
    expect(JSON.parse((await send('GET', '/jwks')).body).keys).toHaveLength(1);
    for (const [method, path] of [
      ['DELETE', '/jwks'],
      ['OPTIONS', '/jwks'],
      ['GET', '/token'],
    ] as const)
      expect((await send(method, path)).status).toBe(405);
  });

  verifies(
    ['RED-01', 'LES-31', 'ATK-46'],
    'doubled, huge and unreadable bodies are refused as they were sent',
    async () => {
      const good = tokenRequest(idJag()).body;
      expect((await redeem(`${good}&assertion=x`)).status).toBe(400);
      expect((await redeem(`${good}&scope=chat.read&scope=chat.history`)).status).toBe(400);
      expect((await redeem(good.replace('assertion=', 'assertion[]='))).status).toBe(400);
      expect((await redeem(`${good}&pad=${'x'.repeat(70_000)}`)).status).toBe(413);
      expect((await redeem(Buffer.concat([Buffer.from(`${good}&x=`), Buffer.from([0xff])]))).status).toBe(400);
      expect((await send('POST', '/token', ['content-type: application/json', basic], '{}')).status).toBe(415);
      expect((await send('POST', '/token', ['content-type: text/plain', basic], good)).status).toBe(415);
      expect((await send('POST', '/token', [basic], good)).status).toBe(415);
      expect((await redeem(good)).status).toBe(200);
    },
  );
});
