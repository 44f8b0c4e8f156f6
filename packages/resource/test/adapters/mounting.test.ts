import { createServer } from 'node:http';
import {
  connect,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { formatBasic } from '@crossgrant/protocol';
import { sendRaw, verifies } from '@crossgrant/testkit';
import express, { type NextFunction, type Request, type Response } from 'express';
import fastify from 'fastify';
import { Hono, type HonoRequest } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import * as inExpress from '../../src/adapters/express.ts';
import * as inFastify from '../../src/adapters/fastify.ts';
import * as inHono from '../../src/adapters/hono.ts';
import { callerOf, protectNode } from '../../src/adapters/node.ts';
import { createMiddlewareWorld, metadataUrl } from '../middleware-world.ts';
import { clientId, clientSecret, createWorld, idJag, self, tokenRequest } from '../support.ts';

const headers = {
  'content-type': 'application/x-www-form-urlencoded',
  authorization: formatBasic(clientId, clientSecret),
};

async function originOf(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(): unknown;
}): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

verifies(
  'RED-01',
  'behind a parser that drops the bytes in Express nothing is redeemed, and the fault says what to change',
  async () => {
    const faults: unknown[] = [];
    const app = express();
    app.use(express.urlencoded(), inExpress.authorizationServer(createWorld().server));
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      faults.push(error);
      res.status(500).end();
    });
    const origin = await originOf(createServer(app));

    const response = await fetch(`${origin}/token`, { method: 'POST', headers, body: tokenRequest(idJag()).body });
    expect(response.status).toBe(500);
    expect(faults).toMatchObject([{ code: 'server/body-gone', message: expect.stringContaining('rawBody') }]);
  },
);

verifies(
  'RED-01',
  'behind a reader in Hono the bytes count that it kept, and without them nothing is redeemed',
  async () => {
    const status = async (read: (request: HonoRequest) => Promise<unknown>) => {
      const app = new Hono();
      app.use(async (c, next) => {
        await read(c.req);
        await next();
      });
      app.use(inHono.authorizationServer(createWorld().server));
      app.onError((error, c) => c.text((error as { code?: string }).code ?? '', 500));
      const response = await app.request(`${self}/token`, {
        method: 'POST',
        headers,
        body: tokenRequest(idJag()).body,
      });
      return response.status === 500 ? response.text() : response.status;
    };
    expect(await status((req) => req.text())).toBe(200);
    expect(await status((req) => req.arrayBuffer())).toBe(200);
    expect(await status((req) => req.parseBody())).toBe(200);
    expect(await status((req) => req.raw.text())).toBe('server/body-gone');
  },
);

verifies(['MET-06', 'MET-09'], 'in Fastify a prefix that would hide well-known documents stops the start', async () => {
  for (const plugin of [
    inFastify.authorizationServer(createWorld().server),
    inFastify.resourceMetadata(createMiddlewareWorld().server),
  ]) {
    const app = fastify();
    app.register(async (api) => void api.register(plugin), { prefix: '/api' });
    await expect(app.ready()).rejects.toMatchObject({
      code: 'server/prefix',
      message: expect.stringContaining('/api'),
    });
  }
});

test('a parser of the application around it stays as it was in Fastify', async () => {
  const app = fastify();
  app.register(inFastify.authorizationServer(createWorld().server));
  app.post('/json', async (request) => request.body);
  const answer = await app.inject({ method: 'POST', url: '/json', payload: { a: 1 } });
  expect(answer.json()).toEqual({ a: 1 });
  expect(
    (await app.inject({ method: 'POST', url: '/token', headers, payload: tokenRequest(idJag()).body })).statusCode,
  ).toBe(200);
});

test('under a path of Express the endpoints of an issuer with that path are served', async () => {
  const server = createWorld().server;
  const routes = server.routes().map((route) => ({ ...route, path: `/oauth${route.path}` }));
  const app = express();
  app.use('/oauth', inExpress.authorizationServer({ ...server, routes: () => routes }));
  const origin = await originOf(createServer(app));
  expect((await fetch(`${origin}/oauth/jwks`)).status).toBe(200);
  expect((await fetch(`${origin}/jwks`)).status).toBe(404);
});

verifies(
  'LES-74',
  'refusals are counted for the address that the framework vouches for, never for one a stranger names',
  async () => {
    for (const [trust, address] of [
      [false, '127.0.0.1'],
      ['loopback', '198.51.100.7'],
    ] as const) {
      const world = createWorld();
      const app = express();
      app.set('trust proxy', trust);
      app.use(inExpress.authorizationServer(world.server));
      const origin = await originOf(createServer(app));
      await sendRaw(origin, {
        path: '/token',
        headers: ['content-type: application/x-www-form-urlencoded', 'x-forwarded-for: 198.51.100.7'],
        body: 'grant_type=x',
      });
      await world.server.close();
      expect(world.audit.map((entry) => entry.personal?.address)).toEqual([address]);
    }
  },
);

verifies('LES-86', 'without a gate in front there is no caller', () => {
  expect(() => callerOf({})).toThrow(expect.objectContaining({ code: 'resource-server/no-gate' }));
});

verifies(['LES-86', 'RSV-08', 'MET-09'], 'over HTTP/2 the gate stands as over HTTP/1.1', async () => {
  const world = createMiddlewareWorld();
  const seen: unknown[] = [];
  const handler = (req: Http2ServerRequest, res: Http2ServerResponse): void => {
    seen.push(req.headers, req.rawHeaders);
    res.end(callerOf(req).subject);
  };
  const origin = await originOf(
    createHttp2Server(protectNode<Http2ServerRequest, Http2ServerResponse>(world.server, handler)),
  );
  const session = connect(origin);
  onTestFinished(() => session.close());
  const ask = (more: Record<string, string>): Promise<{ status: unknown; challenge: unknown; body: string }> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': '/mcp', ...more });
      const answer = { status: 0 as unknown, challenge: undefined as unknown, body: '' };
      stream.on('response', (got) =>
        Object.assign(answer, { status: got[':status'], challenge: got['www-authenticate'] }),
      );
      stream.setEncoding('utf8').on('data', (text: string) => {
        answer.body += text;
      });
      stream
        .on('end', () => resolve(answer))
        .on('error', reject)
        .end();
    });

  expect(await ask({})).toMatchObject({ status: 401, challenge: expect.stringContaining(metadataUrl) });
  expect(await ask({ authorization: 'Bearer junk' })).toMatchObject({ status: 401 });
  expect(await ask({ ':path': new URL(metadataUrl).pathname, ':method': 'HEAD' })).toMatchObject({
    status: 200,
    body: '',
  });
  expect(seen).toEqual([]);
  expect(await ask({ authorization: `Bearer ${world.token()}` })).toMatchObject({ status: 200, body: 'acct_7' });
  expect(JSON.stringify(seen)).not.toContain('eyJ');
});
