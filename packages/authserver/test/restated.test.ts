import { verifies } from '@crossgrant/testkit';
import { afterAll, afterEach, expect } from 'vitest';
import { startAuthServer } from '../src/start-auth-server.ts';
import { clientId, configFor, idp, jwks, mcpResource, newFolder, type Served, serve } from './support.ts';

const folder = newFolder();
const running: Served[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((served) => served.close()));
});
afterAll(() => folder.remove());

async function start(...parts: Parameters<typeof configFor>): Promise<Served> {
  const served = await serve(configFor(...parts));
  running.push(served);
  return served;
}

const stated = (state: 'active' | 'other'): Parameters<typeof configFor>[1] => ({
  customers: [{ id: 'default', state: state === 'active' ? 'active' : 'disabled' }],
  clients: configFor('').clients.map((client) => ({ ...client, state: state === 'active' ? 'active' : 'blocked' })),
  trustedIssuers: configFor('').trustedIssuers.map((trusted) => ({
    ...trusted,
    state: state === 'active' ? 'active' : 'disabled',
  })),
  accounts: [
    {
      id: 'acct_7',
      state: state === 'active' ? 'active' : 'disabled',
      links: [{ issuer: idp, subject: 'U019488227' }],
    },
  ],
});

verifies(
  ['LES-20', 'ADM-02'],
  'a state stated once more lifts no block, neither at a restart nor at a new replica',
  async () => {
    const database = folder.path('stated.db');
    const first = await start(database, stated('active'));
    expect((await first.redeem()).status).toBe(200);
    const { commands } = first.running;
    await commands.blockClient(clientId, { actor: 'admin' });
    await commands.disableIssuer(idp, { actor: 'admin' });
    await commands.disableAccount({ customerId: 'default', accountId: 'acct_7' }, { actor: 'admin' });

    const second = await start(database, {
      ...stated('active'),
      resources: [{ identifier: mcpResource, scopes: ['chat.read'] }],
    });
    expect(await statesOf(second)).toEqual(['active', 'blocked', 'disabled', 'disabled']);
    await start(database, stated('other'));
    expect(await statesOf(second)).toEqual(['disabled', 'blocked', 'disabled', 'disabled']);
    await start(database, stated('active'));
    expect(await statesOf(second)).toEqual(['active', 'active', 'active', 'active']);
  },
);

async function statesOf({ running: { database, store } }: Served): Promise<unknown> {
  const { kysely } = database;
  const [customer, client, issuer] = await Promise.all([
    kysely.selectFrom('customers').select('state').executeTakeFirst(),
    kysely.selectFrom('as_clients').select('state').executeTakeFirst(),
    kysely.selectFrom('trusted_issuers').select('state').executeTakeFirst(),
  ]);
  const account = await store.findAccount('default', 'acct_7');
  return [customer?.state, client?.state, issuer?.state, account?.state];
}

verifies(
  ['RED-16', 'RED-19'],
  'a resource that is spelled anew is the same one, with the scopes of today',
  async () => {
    const database = folder.path('spelling.db');
    const spelled = (identifier: string, scopes: readonly string[]): Parameters<typeof configFor>[1] => ({
      trustedIssuers: [{ issuer: idp, keys: { jwks: jwks.idp }, clients: [clientId], linking: 'jit' }],
      resources: [{ identifier, scopes, introspectionSecret: 'a-secret-of-the-mcp-server' }],
    });
    const asked = { resource: 'https://mcp.example', scope: 'chat.read chat.admin' };
    const first = await start(database, spelled('https://mcp.example/', ['chat.read', 'chat.admin']));
    expect((await first.redeem(asked)).body).toMatchObject({ scope: asked.scope, resource: 'https://mcp.example/' });
    const second = await start(database, spelled('https://mcp.example', ['chat.read']));
    expect((await second.redeem(asked)).body).toMatchObject({ scope: 'chat.read', resource: 'https://mcp.example' });
  },
);

verifies('RED-16', 'one entry per resource, issuer, client and customer', async () => {
  const { clients, trustedIssuers, resources } = configFor('');
  const twice = {
    'resource/twin': { resources: [...resources, { identifier: 'HTTP://127.0.0.1:4703/mcp', scopes: ['a'] }] },
    'client/twin': { clients: [...clients, ...clients] },
    'trusted-issuer/twin': { trustedIssuers: [...trustedIssuers, ...trustedIssuers] },
    'customer/twin': { customers: [{ id: 'a' }, { id: 'a' }] },
  };
  for (const [code, part] of Object.entries(twice))
    await expect(startAuthServer(configFor(folder.path('twins.db'), part))).rejects.toMatchObject({ code });
});

verifies('RED-19', 'the ceiling of an account that left the configuration is lifted', async () => {
  const database = folder.path('ceiling.db');
  const account = { id: 'acct_7', links: [{ issuer: idp, subject: 'U019488227' }] };
  const first = await start(database, { accounts: [{ ...account, scopes: ['chat.read'] }] });
  expect((await first.redeem()).body.scope).toBe('chat.read');
  const second = await start(database, { accounts: [account] });
  expect((await second.redeem()).body.scope).toBe('chat.read chat.history');
});

verifies(
  'ADM-04',
  'each thing a configuration creates or changes leaves one audit row, and a restart none',
  async () => {
    const database = folder.path('audited.db');
    const account = { id: 'acct_7', email: 'ada@acme.example', links: [{ issuer: idp, subject: 'U7' }] };
    const config = (part: object, secret = 'first-secret'): Parameters<typeof configFor>[1] => ({
      clients: [{ id: clientId, auth: { secret } }],
      accounts: [{ ...account, ...part }],
    });
    const starts = [
      config({}),
      config({}),
      config({ emailVerified: true }),
      config({ emailVerified: true, state: 'disabled', scopes: ['chat.read'] }),
      config({ emailVerified: true, state: 'disabled', scopes: ['chat.read'] }, 'second-secret'),
      config({ emailVerified: true, state: 'disabled', scopes: ['chat.read'] }, 'second-secret'),
    ];
    const written: string[][] = [];
    const seen = new Set<string>();
    for (const one of starts) {
      const rows = await changesOf(await start(database, one));
      const fresh = rows.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      written.push(fresh.map(({ code }) => String(code).replace('configuration/', '')).sort());
    }
    const everything = ['customers', 'trusted_issuers', 'as_clients', 'as_client_secrets', 'as_resources'];
    expect(written).toEqual([
      [...everything, 'accounts', 'account_emails', 'account_links'].sort(),
      [],
      ['account_emails'],
      ['accounts'],
      ['as_client_secrets'],
      [],
    ]);
  },
);

function changesOf({ running: { database } }: Served): Promise<{ id: string; code: string | null }[]> {
  return database.kysely.selectFrom('audit_rows').select(['id', 'code']).where('kind', '=', 'change').execute();
}

verifies(
  'STP-06',
  'what a scope asks of the sign-on is stored, restated and taken away with the configuration',
  async () => {
    const database = folder.path('sign-on.db');
    const resource = { identifier: mcpResource, scopes: ['chat.read', 'chat.history'] };
    const needs = { acrValues: ['phrh'], maxAgeSeconds: 300 };
    const demanding = { ...resource, signOnByScope: { 'chat.read': needs, 'chat.history': needs } };
    const first = await start(database, { resources: [demanding] });
    const refused = {
      status: 400,
      body: { error: 'insufficient_user_authentication', acr_values: 'phrh', max_age: 300 },
    };
    expect(await first.redeem()).toMatchObject(refused);
    expect(await (await start(database, { resources: [demanding] })).redeem()).toMatchObject(refused);
    expect((await (await start(database, { resources: [resource] })).redeem()).status).toBe(200);
    await expect(
      start(database, { resources: [{ ...resource, signOnByScope: { 'chat.gone': needs } }] }),
    ).rejects.toThrow(`signOnByScope of ${mcpResource}: "chat.gone" is none of its scopes.`);
  },
);
