import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { launchChromium } from '@crossgrant/testkit/chromium';
import { expect, test } from 'vitest';

test('Chromium from npm renders a page of a loopback server and follows its form', async () => {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      request.method === 'POST'
        ? '<title>done</title><p>signed on</p>'
        : '<title>form</title><form method="post"><input name="username"><button>go</button></form>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.fill('input', 'alice');
    await page.click('button');
    await page.waitForSelector('p');
    expect(await page.title()).toBe('done');
    expect(await page.textContent('p')).toBe('signed on');
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}, 120_000);
