import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { createMiddlewareWorld, metadataUrl } from '../../test/middleware-world.ts';
import { nodeMiddleware, protectNode } from './node.ts';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

async function ask(
  listener: RequestListener,
  path: string,
  headers: Record<string, string | string[]> = {},
): Promise<Answer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const outgoing = httpRequest({ port, path, method: 'GET', headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      outgoing.on('error', reject).end();
    });
  } finally {
    server.close();
  }
}

verifies('LES-86', 'without a good token the handler never runs', async () => {
  const world = createMiddlewareWorld();
  let runs = 0;
  const listener = protectNode(world.server, () => void runs++);

  for (const headers of [{}, { authorization: 'Bearer junk' }, { authorization: 'Basic YTpi' }] as Record<
    string,
    string
  >[]) {
    const answer = await ask(listener, '/mcp', headers);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(metadataUrl);
  }
  const twice = await ask(listener, '/mcp', { authorization: [`Bearer ${world.token()}`, `Bearer ${world.token()}`] });
  expect([400, 401]).toContain(twice.status);
  expect(runs).toBe(0);
});

verifies(['RSV-08', 'ATK-61'], 'the handler gets the caller, and no header that holds the token', async () => {
  const world = createMiddlewareWorld();
  const seen: unknown[] = [];
  const answer = await ask(
    protectNode(world.server, (req, res, auth) => {
      seen.push(
        req.headers.authorization,
        req.rawHeaders.filter((text) => /authorization|eyJ/i.test(text)),
        auth.subject,
      );
      res.end('done');
    }),
    '/mcp?x=1',
    { authorization: `Bearer ${world.token()}`, 'x-other': '1' },
  );

  expect(answer).toMatchObject({ status: 200, body: 'done' });
  expect(seen).toEqual([undefined, [], 'acct_7']);
});

verifies(['MET-09', 'MCP-11'], 'the metadata is served without a token, a token in the query is refused', async () => {
  const world = createMiddlewareWorld();
  const listener = protectNode(world.server, (_req, res) => void res.end());

  expect(JSON.parse((await ask(listener, '/.well-known/oauth-protected-resource/mcp')).body).resource).toBe(
    world.server.resource,
  );
  expect((await ask(listener, `/mcp?access_token=${world.token()}`)).status).toBe(400);
});

test('as middleware the caller is found in req.auth', async () => {
  const world = createMiddlewareWorld();
  const middleware = nodeMiddleware(world.server, { scopes: ['chat.read'] });
  const listener: RequestListener = (req, res) =>
    middleware(req, res, () => void res.end((req as { auth?: { clientId: string } }).auth?.clientId));

  expect((await ask(listener, '/mcp', { authorization: `Bearer ${world.token()}` })).body).toBe('agent');
  expect((await ask(listener, '/mcp', { authorization: `Bearer ${world.token({ scope: ['other'] })}` })).status).toBe(
    403,
  );
});
