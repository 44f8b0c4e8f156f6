import { createHash } from 'node:crypto';
import { type PlainRequest, type PlainResponse, plainHeaders } from '@crossgrant/protocol';
import { expect, test } from 'vitest';
import { createMemoryResourceStore } from '../store/memory.ts';
import { authorizePage } from './authorize-page.ts';
import { createAuthorizationServer } from './create-authorization-server.ts';
import { homeRoute } from './home-page.ts';
import { escapeHtml } from './public-page.ts';

async function home(issuer: string, accept?: string): Promise<PlainResponse> {
  const { path, handler } = homeRoute(issuer);
  const headers = plainHeaders(accept === undefined ? [] : [['accept', accept]]);
  const request: PlainRequest = { method: 'GET', path, query: '', headers, body: '', remoteAddress: '' };
  return (await handler(request)) as PlainResponse;
}

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test('a browser at the root reads what this server is and where its metadata stands', async () => {
  const page = await home('https://as.example', browser);
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.body).toContain('href="/.well-known/oauth-authorization-server"');
  expect(page.body).toContain('href="/jwks"');
  expect(page.body).toContain('https://as.example');
});

test('a program at the root is told that there is nothing', async () => {
  for (const accept of [undefined, '*/*', 'application/json'])
    expect((await home('https://as.example', accept)).status).toBe(404);
});

test('an issuer with a path has its page at that path', async () => {
  expect(homeRoute('https://as.example/chat').path).toBe('/chat');
  const { body } = await home('https://as.example/chat', browser);
  expect(body).toContain('href="/.well-known/oauth-authorization-server/chat"');
});

test('a server among pages of its builder leaves them their root', async () => {
  const server = await createAuthorizationServer({
    issuer: 'https://as.example',
    store: createMemoryResourceStore(),
    trustedIssuers: [],
    clients: [],
    resources: [],
  });
  expect(server.routes().map(({ path }) => path)).not.toContain('/');
  await server.close();
});

test('public pages run no script, and admit their own style alone', async () => {
  for (const page of [authorizePage(), await home('https://as.example', browser)]) {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page.body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.headers['content-security-policy']).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
    expect(page.body).not.toMatch(/<script|\son\w+=|https?:\/\/(?!as\.example)/);
  }
});

test('text that is no markup of ours is escaped', () => {
  expect(escapeHtml(`<a href="x">'&'</a>`)).toBe('&#60;a href=&#34;x&#34;&#62;&#39;&#38;&#39;&#60;/a&#62;');
});
