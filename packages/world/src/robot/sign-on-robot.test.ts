import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCookieJar } from './cookie-jar.ts';
import { readForm } from './sign-on-page.ts';
import { SignOnRefused, signOnAsPerson } from './sign-on-robot.ts';

let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/authorize') {
      const signedOn = req.headers.cookie?.includes('session=s1') ?? false;
      res.writeHead(302, {
        location: signedOn ? 'http://127.0.0.1:9/cb?code=again' : '/sign-on/u1?next=a%26b',
        'set-cookie': ['step=1; Path=/sign-on', 'gone=1; Max-Age=0'],
      });
      return res.end();
    }
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      if (
        req.method === 'POST' &&
        body === 'csrf=a%26b&username=alice&password=right' &&
        req.headers.cookie === 'step=1'
      ) {
        res.writeHead(303, { location: 'http://127.0.0.1:9/cb?code=c1&state=s', 'set-cookie': 'session=s1; Path=/' });
        return res.end();
      }
      const alert =
        req.method === 'POST' ? '<p class="note" role="alert">That name and password do not match.</p>' : '';
      res.end(`<title>Sign on</title>${alert}<form method="post" action="/sign-on/u1"><input type="hidden" name="csrf" value="a&amp;b">
        <input name="username" autocomplete="username"><input type="password" name="password"><button type="submit">Sign on</button></form>`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

const authorizeUrl = () => `${origin}/authorize?redirect_uri=${encodeURIComponent('http://127.0.0.1:9/cb')}`;

test('the robot follows redirects, fills the form by its fields, and returns the callback unopened', async () => {
  await expect(signOnAsPerson({ authorizeUrl: authorizeUrl(), username: 'alice', password: 'right' })).resolves.toBe(
    'http://127.0.0.1:9/cb?code=c1&state=s',
  );
});

test('the same jar signs on again without a password', async () => {
  const cookies = createCookieJar();
  await signOnAsPerson({ authorizeUrl: authorizeUrl(), username: 'alice', password: 'right', cookies });
  await expect(
    signOnAsPerson({ authorizeUrl: authorizeUrl(), username: 'alice', password: '', cookies }),
  ).resolves.toContain('code=again');
});

test('a refused password ends with the sentence of the page', async () => {
  const refused = signOnAsPerson({ authorizeUrl: authorizeUrl(), username: 'alice', password: 'wrong' });
  await expect(refused).rejects.toThrow(new SignOnRefused('That name and password do not match.'));
});

test('a page without a form has none', () => {
  expect(readForm('<p>nothing here</p>')).toBeUndefined();
});
