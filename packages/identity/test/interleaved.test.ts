import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser } from '@crossgrant/testkit/sign-on-robot';
import { expect } from 'vitest';
import type { PersonInput } from '../src/index.ts';
import { askSignOn, redeemCallback, startSignOnWorld } from './sign-on-world.ts';

const people: readonly PersonInput[] = Array.from({ length: 20 }, (_, index) => ({
  username: `person${index}`,
  email: `person${index}@acme.example`,
  password: `password of ${index}`,
}));

verifies(
  'LES-33',
  '200 interleaved sign-ons of 20 people: everyone gets only their own',
  async () => {
    const world = await startSignOnWorld({ people });
    const one = async (index: number): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
      const browser = createRobotBrowser();
      const asked = await askSignOn(world);
      const page = await browser.visit(asked.url);
      if (page.kind !== 'page') throw new Error('no sign-on page');
      expect(page.page.html).not.toMatch(/person\d|usr_/);
      const left = await browser.submit(page.page, { username: `person${index}`, password: `password of ${index}` });
      if (left.kind !== 'left') throw new Error(`person${index}: ${left.page.alert}`);
      const { response, claims } = await redeemCallback(world, asked, left.url);
      const info = (await (
        await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${response.access_token}` } })
      ).json()) as Record<string, unknown>;
      expect(info).toMatchObject({
        sub: claims.sub,
        preferred_username: `person${index}`,
        email: `person${index}@acme.example`,
      });
    };
    await Promise.all(Array.from({ length: 200 }, (_, run) => one(run % 20)));
    const subjects = await world.database.kysely.selectFrom('sessions').select('user_id').distinct().execute();
    expect(subjects).toHaveLength(20);
    await world.close();
  },
  120_000,
);
