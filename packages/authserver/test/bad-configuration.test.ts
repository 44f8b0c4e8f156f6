import { changeScope } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { afterAll, afterEach, expect } from 'vitest';
import type { AuthServerConfig } from '../src/config.ts';
import { startAuthServer } from '../src/start-auth-server.ts';
import { clientId, configFor, idp, jwks, mcpResource, newFolder, type Served, serve } from './support.ts';

const folder = newFolder();
const running: Served[] = [];
let count = 0;

afterEach(async () => {
  await Promise.all(running.splice(0).map((served) => served.close()));
});
afterAll(() => folder.remove());

async function start(config: AuthServerConfig = configFor(folder.path(`bad-${count++}.db`))): Promise<Served> {
  const served = await serve(config);
  running.push(served);
  return served;
}

const renamed = 'https://login.acme.example';
const [trusted] = configFor('').trustedIssuers as [AuthServerConfig['trustedIssuers'][number]];
const admin = { actor: 'admin' };

const mistakes: Readonly<Record<string, readonly [Partial<AuthServerConfig>, code: string]>> = {
  'a second issuer with the same keys': [
    { trustedIssuers: [{ ...trusted, issuer: renamed }] },
    'trusted-issuer/shared-keys',
  ],
  'an unknown client': [{ trustedIssuers: [{ ...trusted, clients: ['nobody'] }] }, 'trusted-issuer/unknown-client'],
  'a tolerance that is too large': [{ trustedIssuers: [{ ...trusted, skewSeconds: 120 }] }, 'trusted-issuer/invalid'],
  'a life that is too long': [
    { resources: [{ identifier: mcpResource, scopes: ['chat.read'], accessTokenSeconds: 3600 }] },
    'resource/lifetime',
  ],
  'an address that is none': [
    { clients: [{ id: clientId, auth: { secret: 'other' } }], accounts: [{ id: 'a', email: 'nobody' }] },
    'account/email',
  ],
  'a subject of another account': [
    {
      clients: [{ id: clientId, auth: { secret: 'other' } }],
      accounts: [{ id: 'other', links: [{ issuer: idp, subject: 'U019488227' }] }],
    },
    'account/link',
  ],
};

verifies('LES-73', 'a start with a configuration that makes no sense changes nothing for those that run', async () => {
  const config = configFor(folder.path('failing.db'));
  const served = await start(config);
  expect((await served.redeem()).status).toBe(200);
  const epoch = await served.running.store.readEpoch();
  for (const [what, [part, code]] of Object.entries(mistakes)) {
    const outcome = await startAuthServer({ ...config, ...part }).then(
      () => 'started',
      (error: { code?: unknown }) => error.code,
    );
    expect([what, outcome]).toEqual([what, code]);
    expect([what, await served.running.store.readEpoch()]).toEqual([what, epoch]);
  }
  expect((await served.redeem()).status).toBe(200);
});

verifies(
  ['LES-73', 'LES-37'],
  'a disabled issuer stands in the way of nobody, and is not enabled beside its heir',
  async () => {
    const config = configFor(folder.path('heir.db'));
    await start(config);
    const heir = { ...trusted, issuer: renamed };
    await expect(startAuthServer({ ...config, trustedIssuers: [heir] })).rejects.toThrow('disable one');
    const next = await start({ ...config, trustedIssuers: [{ ...trusted, state: 'disabled' }, heir] });
    expect((await next.redeem({ iss: renamed })).status).toBe(200);
    await expect(next.running.commands.enableIssuer(idp, admin)).rejects.toMatchObject({
      code: 'trusted-issuer/shared-keys',
    });
    expect((await next.redeem()).body.error).toBe('invalid_grant');
    expect((await next.redeem({ iss: renamed })).status).toBe(200);
  },
);

verifies(
  ['LES-73', 'LES-20'],
  'a directory that cannot be read any more decides nothing: 503 until it is repaired',
  async () => {
    const served = await start();
    const token = String((await served.redeem()).body.access_token);
    const twin = (state: 'active' | 'disabled') =>
      changeScope(served.running.database, 'ras', (trx, epoch) =>
        trx
          .insertInto('trusted_issuers')
          .values({
            issuer: renamed,
            customer_id: 'default',
            settings: JSON.stringify({ keys: { jwks: jwks.idp }, clients: 'any', linking: 'jit' }),
            state,
            stated_state: null,
            version: epoch,
          })
          .onConflict((conflict) => conflict.column('issuer').doUpdateSet({ state, version: epoch }))
          .execute(),
      );
    await twin('active');
    expect(await served.redeem()).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(await served.introspect(token)).toMatchObject({ error: 'temporarily_unavailable' });
    await twin('disabled');
    expect((await served.redeem()).status).toBe(200);
    expect(await served.introspect(token)).toMatchObject({ active: true });
  },
);
