import { connect } from 'node:net';
import { jsonResponse, type PlainRequest } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import {
  createLog,
  KeysUnavailable,
  passOn,
  type Route,
  type RunningServer,
  type ServerOptions,
  StoreUnavailable,
  startServer,
} from '../src/index.ts';

async function withServer(
  options: Partial<ServerOptions>,
  body: (server: RunningServer, lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const log = createLog({ name: 'test', destination: { write: (line: string) => lines.push(line) } });
  const server = await startServer({ listen: '127.0.0.1:0', routes: [], log, ...options });
  try {
    await body(server, lines);
  } finally {
    await server.close();
  }
}

const echo: Route = {
  method: 'POST',
  path: '/token',
  handler: async (request) =>
    jsonResponse(200, { body: request.body, query: request.query, from: request.remoteAddress }),
  maxBytes: 100,
};
const throwing = (error: unknown): Route => ({ method: 'GET', path: '/x', handler: () => Promise.reject(error) });

/** Writes bytes as they are and returns what came back until the server closed or the wait was over. */
function raw(server: RunningServer, text: string, waitMs = 400): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    const done = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('close', done);
    socket.on('error', done);
    setTimeout(done, waitMs).unref();
  });
}

test('a route answers with the parsed request, security headers included', async () => {
  await withServer({ routes: [echo] }, async ({ url }) => {
    const answer = await fetch(`${url}/token?a=1&b=%20`, { method: 'POST', body: 'grant=ü' });
    expect(await answer.json()).toEqual({ body: 'grant=ü', query: 'a=1&b=%20', from: '127.0.0.1' });
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('strict-transport-security')).toBeNull();
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

verifies('BCP-05', 'an https issuer turns on strict transport security, on errors too', async () => {
  await withServer({ routes: [echo, throwing(new Error('x'))], issuer: 'https://idp.example' }, async ({ url }) => {
    for (const path of ['/x', '/nothing'])
      expect((await fetch(url + path)).headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
  });
  await withServer({ routes: [], issuer: 'http://127.0.0.1:4701' }, async ({ url }) => {
    expect((await fetch(`${url}/`)).headers.get('strict-transport-security')).toBeNull();
  });
});

verifies('BCP-06', 'the edge adds no cross-origin permission to a token endpoint', async () => {
  await withServer({ routes: [echo] }, async ({ url }) => {
    const preflight = await fetch(`${url}/token`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(405);
    const answer = await fetch(`${url}/token`, {
      method: 'POST',
      body: 'x',
      headers: { origin: 'https://evil.example' },
    });
    for (const response of [preflight, answer]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});

test('unknown paths are 404, known paths with another method 405 and Allow, HEAD is served by GET', async () => {
  const get: Route = { method: 'GET', path: '/doc', handler: async () => jsonResponse(200, { a: 1 }) };
  await withServer({ routes: [echo, get] }, async ({ url }) => {
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    const wrong = await fetch(`${url}/token`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const head = await fetch(`${url}/doc`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '7', '']);
  });
});

verifies('LES-69', 'other spellings of a path do not reach its route, nor the fallback', async () => {
  const admin: Route = { method: 'GET', path: '/admin/*', handler: async () => jsonResponse(200, {}) };
  let passed = 0;
  const fallback: ServerOptions['fallback'] = (_request, response) => {
    passed += 1;
    response.end();
  };
  await withServer({ routes: [admin], fallback }, async (server) => {
    expect((await fetch(`${server.url}/admin/x`)).status).toBe(200);
    for (const path of [
      '//admin/x',
      '/x/../admin/x',
      '/./admin/x',
      '/x/%2e%2e/admin/x',
      '/admin%2fx',
      '/admin%5cx',
      '/admin\\x',
      '/admin;x',
      '/a//b',
      'http://h/admin/x',
      '/admin/x%00',
      '/%zz',
      '*',
    ]) {
      expect(await raw(server, `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`), path).toMatch(
        /^HTTP\/1\.1 4\d\d /,
      );
    }
    expect(passed).toBe(0);
  });
});

verifies('ATK-46', 'a body that is not UTF-8 reaches no handler', async () => {
  let reached = 0;
  const handler = async () => jsonResponse(200, { reached: ++reached });
  await withServer({ routes: [{ method: 'POST', path: '/', handler }] }, async (server) => {
    const ask = async (...bytes: number[]) =>
      (await fetch(server.url, { method: 'POST', body: new Uint8Array(bytes) })).status;
    expect([await ask(0x61, 0xc3, 0xbc), await ask(0x61, 0xff), await ask(0xc0, 0x80)]).toEqual([200, 400, 400]);
  });
  expect(reached).toBe(1);
});

verifies('LES-70', 'a host that is not named exactly is answered 421', async () => {
  await withServer(
    {
      routes: [{ method: 'GET', path: '/', handler: async () => jsonResponse(200, {}) }],
      allowedHosts: ['127.0.0.1:4701', 'IDP.example'],
    },
    async (server) => {
      const ask = (host: string): Promise<string> =>
        raw(server, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(await ask('127.0.0.1:4701')).toMatch(/^HTTP\/1\.1 200 /);
      expect(await ask('idp.EXAMPLE')).toMatch(/^HTTP\/1\.1 200 /);
      for (const host of [
        'evil.example:4701',
        'evil.example',
        '127.0.0.1:47010',
        'idp.example.',
        'x.idp.example',
        '127.0.0.1',
      ]) {
        expect(await ask(host), host).toMatch(/^HTTP\/1\.1 421 /);
      }
      expect(await raw(server, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 4\d\d /);
    },
  );
});

verifies('LES-31', 'a body beyond the limit is answered 413 before the handler, announced or chunked', async () => {
  let handled = 0;
  const route: Route = {
    ...echo,
    handler: async () => {
      handled += 1;
      return jsonResponse(200, {});
    },
  };
  await withServer(
    { routes: [route], fallback: (_request, response) => void response.end('fallback') },
    async (server) => {
      expect((await fetch(`${server.url}/token`, { method: 'POST', body: 'x'.repeat(100) })).status).toBe(200);
      expect(await raw(server, 'POST /token HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n')).toMatch(
        /^HTTP\/1\.1 413 /,
      );
      const chunk = `32\r\n${'x'.repeat(50)}\r\n`;
      expect(
        await raw(server, `POST /token HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}`),
      ).toMatch(/^HTTP\/1\.1 413 /);
      const large = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      expect(
        await raw(server, `POST /other HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${large.repeat(2)}`),
      ).toMatch(/^HTTP\/1\.1 413 /);
      expect(handled).toBe(1);
    },
  );
});

verifies('LES-31', 'two lengths, or a length and chunks, are no request', async () => {
  await withServer({ routes: [echo] }, async (server) => {
    for (const headers of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Content-Length: 5\r\nContent-Length: 6',
      'Transfer-Encoding: x, chunked\r\nContent-Length: 1',
    ]) {
      expect(await raw(server, `POST /token HTTP/1.1\r\nHost: h\r\n${headers}\r\n\r\n0\r\n\r\n`), headers).toMatch(
        /^HTTP\/1\.1 400 /,
      );
    }
  });
});

test('a body that comes too slowly is cut off', async () => {
  await withServer({ routes: [echo], requestTimeoutMs: 200 }, async (server) => {
    expect(await raw(server, 'POST /token HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nab', 3_000)).toMatch(
      /^HTTP\/1\.1 408 /,
    );
  });
});

test('a body that is not UTF-8 is refused', async () => {
  await withServer({ routes: [echo] }, async ({ url }) => {
    expect((await fetch(`${url}/token`, { method: 'POST', body: Buffer.from([0x61, 0xff]) })).status).toBe(400);
  });
});

verifies(
  ['ATK-11', 'KEY-05', 'ATK-18'],
  'what is unavailable answers 503 with an id alone; the log knows the rest',
  async () => {
    const refusedConnection = Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:5432'), { code: 'ECONNREFUSED' });
    for (const error of [
      new StoreUnavailable('disk of db-7 is full'),
      new KeysUnavailable('idp.secret-customer.example'),
      refusedConnection,
    ]) {
      await withServer({ routes: [throwing(error)] }, async ({ url }, lines) => {
        const answer = await fetch(`${url}/x`);
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).not.toBeNull();
        const body = (await answer.json()) as Record<string, string>;
        expect(body.error).toBe('temporarily_unavailable');
        expect(JSON.stringify(body)).not.toContain(error.message);
        const id = /aud_\w+/.exec(body.error_description ?? '')?.[0];
        expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ id, err: { message: error.message } });
      });
    }
  },
);

verifies('ATK-60', 'a fault answers 500 with an id alone, and its log line holds no token', async () => {
  const error = new Error('cannot verify eyJhbGciOiJub25lIn0.e30.x for client_secret=hunter2hunter2');
  await withServer({ routes: [throwing(error)] }, async ({ url }, lines) => {
    const answer = await fetch(`${url}/x?id_token=eyJhbGciOiJub25lIn0.e30.x`);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([500, 'server_error']);
    expect(lines.join('')).not.toMatch(/eyJ|hunter2/);
    expect(lines).toHaveLength(1);
  });
});

verifies('LES-30', 'a header with a line break is a fault, never a header', async () => {
  for (const value of ['a\r\nx-evil: 1', 'a\nb', 'a\u0000', 'ü']) {
    const route: Route = {
      method: 'GET',
      path: '/x',
      handler: async () => ({ status: 200, headers: { 'x-a': value }, body: '' }),
    };
    await withServer({ routes: [route] }, async ({ url }) => {
      const answer = await fetch(`${url}/x`);
      expect([answer.status, answer.headers.get('x-evil')]).toEqual([500, null]);
    });
  }
});

test('the fallback gets what no route serves and what a handler passes on, with the bytes', async () => {
  const seen: string[] = [];
  const fallback: ServerOptions['fallback'] = (request, response, body) => {
    seen.push(`${request.method} ${request.url} ${body?.toString('latin1')}`);
    response.setHeader('x-from', 'fallback').end('done');
  };
  const token: Route = {
    method: 'POST',
    path: '/token',
    handler: async (request: PlainRequest) => (request.body.includes('ours') ? jsonResponse(200, {}) : passOn),
  };
  await withServer({ routes: [token], fallback, issuer: 'https://idp.example' }, async ({ url }) => {
    await fetch(`${url}/token`, { method: 'POST', body: 'ours' });
    await fetch(`${url}/token`, { method: 'POST', body: 'theirs=1' });
    const answer = await fetch(`${url}/auth?x=1`);
    expect(seen).toEqual(['POST /token theirs=1', 'GET /auth?x=1 ']);
    expect(answer.headers.get('strict-transport-security')).not.toBeNull();
  });
});

test('a fallback that fails before answering is a fault as any other', async () => {
  const fallback: ServerOptions['fallback'] = async (_request, response) => {
    response.setHeader('set-cookie', 'half=done');
    throw new Error('broken');
  };
  await withServer({ routes: [], fallback }, async ({ url }) => {
    const answer = await fetch(`${url}/auth`);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([500, null]);
  });
});

verifies('LES-74', 'a forwarded address counts from a named proxy alone', async () => {
  const ask = async (options: Partial<ServerOptions>): Promise<string> => {
    let from = '';
    await withServer({ routes: [echo], ...options }, async ({ url }) => {
      const answer = await fetch(`${url}/token`, {
        method: 'POST',
        body: '',
        headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.5', forwarded: 'for=1.2.3.4' },
      });
      from = ((await answer.json()) as { from: string }).from;
    });
    return from;
  };
  expect(await ask({})).toBe('127.0.0.1');
  expect(await ask({ trustedProxies: ['127.0.0.1'] })).toBe('203.0.113.5');
  expect(await ask({ trustedProxies: ['127.0.0.0/8', '203.0.113.0/24'] })).toBe('198.51.100.1');
});

test('closing lets a running request end', async () => {
  let release: (() => void) | undefined;
  const slow: Route = {
    method: 'GET',
    path: '/slow',
    handler: () =>
      new Promise((resolve) => {
        release = () => resolve(jsonResponse(200, { done: true }));
      }),
  };
  const log = createLog({ name: 'test', destination: { write: () => undefined } });
  const server = await startServer({ listen: '127.0.0.1:0', routes: [slow], log });
  const answer = fetch(`${server.url}/slow`, { headers: { connection: 'close' } });
  while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  const closing = server.close();
  release();
  expect((await answer).status).toBe(200);
  await closing;
  await expect(fetch(`${server.url}/slow`)).rejects.toThrow();
});

test('wrong settings are one sentence each', async () => {
  const log = createLog({ name: 'test', destination: { write: () => undefined } });
  for (const listen of [
    '4701',
    'localhost',
    '127.0.0.1:99999',
    'http://x:1',
    '',
    '0:0',
    '0x0:0',
    '127.1:0',
    '010.0.0.1:0',
  ]) {
    await expect(startServer({ listen, routes: [], log }), listen).rejects.toMatchObject({ code: 'server/listen' });
  }
  await expect(startServer({ listen: '127.0.0.1:0', routes: [echo, echo], log })).rejects.toMatchObject({
    code: 'server/route-twin',
  });
  await expect(startServer({ listen: '127.0.0.1:0', routes: [{ ...echo, path: 'token' }], log })).rejects.toMatchObject(
    { code: 'server/route' },
  );
});
