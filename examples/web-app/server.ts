import { randomUUID } from 'node:crypto';
import { clientSecretBasic, clientSecretPost, createCrossgrantClient, isCrossgrantError } from '@crossgrant/client';
import { createLogoutReceiver, createWebSignOn } from '@crossgrant/client/web';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';

const {
  APP = 'http://127.0.0.1:4714',
  IDP = 'http://127.0.0.1:4701',
  IDP_SECRET = 'assistant-sample-secret',
  WORK = 'http://127.0.0.1:4702',
  WORK_SECRET = 'assistant-at-work-sample-secret',
  NOTES = 'http://127.0.0.1:4711/api',
  COOKIE_SECRET = 'a-sample-secret-for-cookies-0123456789',
} = process.env;

const client = createCrossgrantClient({
  idp: { issuer: IDP, clientId: 'assistant', auth: clientSecretPost(IDP_SECRET) },
  resourceServers: { [WORK]: { clientId: 'assistant-at-work', auth: clientSecretBasic(WORK_SECRET) } },
  development: APP.startsWith('http:'),
});
const web = createWebSignOn(client, { redirectUri: `${APP}/callback`, secrets: [COOKIE_SECRET] });
const logout = createLogoutReceiver(client);

/** Whose browser is whose session. The tokens stay in the client. */
const browsers = new Map<string, string>();
const cookie = { httpOnly: true, sameSite: 'Lax', secure: APP.startsWith('https:'), path: '/' } as const;

const app = new Hono();
app.get('/sign-on', () => web.redirect({ returnTo: '/' }));
app.get('/callback', async (c) => {
  const finished = await web.finishRequest(c.req.raw);
  const browser = randomUUID();
  browsers.set(browser, finished.session.id);
  c.header('set-cookie', finished.setCookie);
  setCookie(c, 'browser', browser, cookie);
  return c.redirect(finished.returnTo);
});
app.get('/', async (c) => {
  const session = sessionOf(c);
  if (session === undefined) return c.html(html`<a href="/sign-on">Sign on</a>`);
  const answer = await client.fetch(session, `${NOTES}/notes`, {}, { resource: NOTES });
  const notes = (await answer.json()) as string[];
  return c.html(html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>
    <form method="post" action="/notes"><input name="text"><button>Note it</button></form>
    <form method="post" action="/sign-out"><button>Sign out</button></form>`);
});
app.post('/notes', async (c) => {
  const session = sessionOf(c);
  if (session === undefined) return c.redirect('/sign-on');
  const body = JSON.stringify({ text: (await c.req.parseBody()).text });
  const headers = { 'content-type': 'application/json' };
  await client.fetch(session, `${NOTES}/notes`, { method: 'POST', headers, body }, { resource: NOTES });
  return c.redirect('/');
});
app.post('/sign-out', async (c) => {
  const session = sessionOf(c);
  browsers.delete(deleteCookie(c, 'browser', cookie) ?? '');
  if (session !== undefined) await client.signOut(session);
  return c.redirect('/');
});
app.post('/backchannel-logout', (c) => logout.respond(c.req.raw));
app.onError((error, c) => {
  if (!isCrossgrantError(error)) throw error;
  return c.html(
    html`<p>${error.message}</p><p><a href="${error.decisionUrl ?? '/sign-on'}">Why, and what to do</a></p>`,
    403,
  );
});

function sessionOf(c: Context): string | undefined {
  return browsers.get(getCookie(c, 'browser') ?? '');
}

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(new URL(APP).port) }, () =>
  console.log(`Assistant at ${APP}`),
);
