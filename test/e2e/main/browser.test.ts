import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from '@crossgrant/testkit/chromium';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { defaultWorld, root, run, startScript, type WorldOnDisk, withFile } from './world-files.ts';

/** Each test starts processes of its own; a busy machine takes its time. */
vi.setConfig({ testTimeout: 90_000 });

let browser: Browser;
let world: WorldOnDisk;
const atEnd = withFile();

beforeAll(async () => {
  world = await defaultWorld(atEnd);
  const [launched] = await Promise.all([
    launchChromium(),
    run(startScript, ['--world', world.file], {}, atEnd).until('look inside'),
  ]);
  browser = launched;
}, 180_000);

afterAll(() => browser?.close());

/** Every sign-on below happens with script switched off: no page needs it. */
async function openApp(): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1024, height: 900 } });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${world.ports[3]}/`);
  return page;
}

async function signOn(page: Page, username: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign on' }).click();
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[type=password]').fill(`${username}-sample-password`);
  await page.locator('button[type=submit]').first().click();
}

async function picture(page: Page, name: string): Promise<void> {
  const directory = join(root, '.cache', 'screenshots');
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

describe('the sample app in a real browser', () => {
  test('a person signs on once, calls the tool, and sees every hop; the second call needs no new token', async () => {
    const page = await openApp();
    await picture(page, 'sample-app-start');
    await signOn(page, 'alice');
    await page.getByText('Signed on as').waitFor();
    expect(page.url()).toBe(`http://127.0.0.1:${world.ports[3]}/`);
    expect(await page.getByText('Signed on as').textContent()).toContain('Alice Ng');

    await page.getByRole('button', { name: 'Call the tool' }).click();
    await expect.poll(() => page.locator('h3').allTextContents()).toHaveLength(3);
    expect((await page.locator('h3').allTextContents()).map((text) => text.split(' ')[0])).toEqual([
      'Exchange',
      'Redemption',
      'Tool',
    ]);
    expect(await page.textContent('body')).toContain('Hello! Glad to be here.');
    expect(await page.content()).not.toContain('eyJ');
    expect(await page.getByText('oauth-id-jag+jwt').isVisible()).toBe(false);
    await page.getByText('ID-JAG, decoded').click();
    expect(await page.getByText('oauth-id-jag+jwt').isVisible()).toBe(true);
    await picture(page, 'sample-app-call');

    await page.getByLabel('Arguments, as JSON').fill('{"q":"release 42"}');
    await page.getByRole('button', { name: 'Call the tool' }).click();
    await expect.poll(() => page.textContent('body')).toContain('moves to Thursday');
    expect(await page.locator('h3').allTextContents()).toHaveLength(1);
  });

  test('a sign-out ends the sign-on at the IdP too, so that the next person is asked who they are', async () => {
    const page = await openApp();
    await signOn(page, 'alice');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign on' }).waitFor();
    expect(page.url()).toBe(`http://127.0.0.1:${world.ports[3]}/`);

    await signOn(page, 'bob');
    await page.getByText('Signed on as').waitFor();
    expect(await page.getByText('Signed on as').textContent()).toContain('Bob Kim');
  });

  test('a sign-on that the person cancels is no failure', async () => {
    const page = await openApp();
    await page.getByRole('button', { name: 'Sign on' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('You cancelled the sign-on.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await picture(page, 'sample-app-cancelled');
  });

  test('who policy denies reads so in plain words, with the id of the decision once and a page about it', async () => {
    const page = await openApp();
    await signOn(page, 'bob');
    await page.getByRole('button', { name: 'Call the tool' }).click();
    await page.getByText('no ID-JAG for').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('The administrator can allow it.');
    const text = (await page.textContent('body')) ?? '';
    expect(text).toMatch(/access_denied/);
    expect(text).toMatch(/npx crossgrant explain aud_\w{26}/);
    expect(text.match(/aud_\w+/g)).toHaveLength(1);
    await picture(page, 'sample-app-denied');

    await page.getByRole('link', { name: 'What to send to your IT' }).click();
    expect(await page.textContent('h1')).toBe('A decision about access');
  });

  test('what was typed stays when it was wrong, and old results do not', async () => {
    const page = await openApp();
    await signOn(page, 'alice');
    await page.getByRole('button', { name: 'Call the tool' }).click();
    await page.locator('h3').first().waitFor();

    await page.getByLabel('Arguments, as JSON').fill('{"q": unquoted}');
    await page.getByRole('button', { name: 'Call the tool' }).click();
    await page.getByText('must be a JSON object').waitFor();
    expect(await page.getByLabel('Arguments, as JSON').inputValue()).toBe('{"q": unquoted}');
    expect(await page.locator('h3').count()).toBe(0);

    await page.getByLabel('Arguments, as JSON').fill('{"q":"hello"}');
    await page.getByLabel('Tool at').fill('serach');
    await page.getByRole('button', { name: 'Call the tool' }).click();
    await page.getByText('did not answer').waitFor();
    expect(await page.getByLabel('Tool at').inputValue()).toBe('serach');
    expect(await page.getByLabel('Arguments, as JSON').inputValue()).toBe('{"q":"hello"}');
    await picture(page, 'sample-app-unknown-tool');
  });

  test('the page has no accessibility fault, in the light and in the dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ colorScheme, bypassCSP: true, viewport: { width: 390, height: 844 } });
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${world.ports[3]}/`);
      await signOn(page, 'alice');
      await page.getByRole('button', { name: 'Call the tool' }).click();
      await page.locator('h3').first().waitFor();
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] };
      expect(violations.map(({ id }) => id)).toEqual([]);
      await picture(page, `sample-app-phone-${colorScheme}`);
      await context.close();
    }
  });

  test('the pages of the servers have no accessibility fault either, wide and narrow', async () => {
    const [idp, authserver] = world.ports;
    const addresses = {
      'decision-page': `http://127.0.0.1:${idp}/explain/aud_${'0'.repeat(26)}`,
      'authserver-home': `http://127.0.0.1:${authserver}/`,
      'authserver-authorize': `http://127.0.0.1:${authserver}/authorize`,
    };
    for (const [colorScheme, width] of [
      ['light', 1024],
      ['dark', 400],
    ] as const) {
      const context = await browser.newContext({ colorScheme, bypassCSP: true, viewport: { width, height: 844 } });
      const page = await context.newPage();
      for (const [name, address] of Object.entries(addresses)) {
        await page.goto(address);
        await page.locator('main h1').waitFor();
        await page.evaluate(axe.source);
        const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string }[] };
        expect(violations.map(({ id }) => `${name} ${id}`)).toEqual([]);
        await picture(page, `${name}-${colorScheme}`);
      }
      await context.close();
    }
  });
});
