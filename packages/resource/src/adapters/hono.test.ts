import { verifies } from '@crossgrant/testkit';
import { Hono } from 'hono';
import { expect } from 'vitest';
import { createMiddlewareWorld, metadataUrl } from '../../test/middleware-world.ts';
import { type CrossgrantVariables, crossgrant } from './hono.ts';

const world = createMiddlewareWorld();
const app = new Hono<{ Variables: CrossgrantVariables }>();
app.use('*', crossgrant(world.server));
app.post('/mcp', async (c) =>
  c.json({
    subject: c.get('auth').subject,
    authorization: c.req.header('authorization') ?? null,
    raw: c.req.raw.headers.get('authorization'),
    body: await c.req.text(),
  }),
);

verifies('LES-86', 'without a good token the handler never runs', async () => {
  for (const headers of [{}, { authorization: 'Bearer junk' }, { authorization: 'Basic YTpi' }] as Record<
    string,
    string
  >[]) {
    const response = await app.request('/mcp', { method: 'POST', headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain(metadataUrl);
    expect(await response.text()).not.toContain('subject');
  }
});

verifies(['RSV-08', 'ATK-61'], 'the handler gets caller and body, and no header that holds the token', async () => {
  const response = await app.request('/mcp', {
    method: 'POST',
    body: 'hello',
    headers: { authorization: `Bearer ${world.token()}` },
  });

  expect(await response.json()).toEqual({ subject: 'acct_7', authorization: null, raw: null, body: 'hello' });
});

verifies('MET-09', 'the metadata is served without a token', async () => {
  const response = await app.request('https://mcp.chat.example/.well-known/oauth-protected-resource/mcp');

  expect(await response.json()).toMatchObject({ resource: world.server.resource });
});
