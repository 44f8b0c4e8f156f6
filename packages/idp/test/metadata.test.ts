import { freePorts, sendRaw, verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IdpWorld, issuer, startIdpWorld } from './idp-world.ts';

let world: IdpWorld;
beforeAll(async () => {
  world = await startIdpWorld();
});
afterAll(() => world.close());

verifies(
  ['MET-05', 'MET-06', 'MET-07', 'MET-08', 'MET-01', 'SSO-04'],
  'both well-known documents are the same and complete',
  async () => {
    const [openid, oauth] = await Promise.all(
      ['openid-configuration', 'oauth-authorization-server'].map(
        async (name) =>
          (await fetch(`${world.idp.url}/.well-known/${name}`)).json() as Promise<Record<string, unknown>>,
      ),
    );
    expect(openid).toEqual(oauth);
    expect(openid).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks.json`,
      authorization_endpoint: expect.stringContaining(issuer),
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      identity_chaining_requested_token_types_supported: ['urn:ietf:params:oauth:token-type:id-jag'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      claims_supported: expect.arrayContaining(['sub', 'auth_time']),
      userinfo_endpoint: `${issuer}/userinfo`,
      end_session_endpoint: expect.stringContaining(issuer),
    });
    expect(openid?.token_endpoint_auth_methods_supported).toEqual([
      'private_key_jwt',
      'client_secret_post',
      'client_secret_basic',
    ]);
    expect(openid?.token_endpoint_auth_signing_alg_values_supported).toContain('ES256');
  },
);

verifies('MET-12', 'metadata and keys may be cached and read from any origin, without credentials', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks.json']) {
    const { headers } = await fetch(`${world.idp.url}${path}`, { headers: { origin: 'https://app.example' } });
    expect(headers.get('cache-control')).toMatch(/max-age=\d+/);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  }
  expect((await world.exchange()).headers.get('access-control-allow-origin')).toBeNull();
});

verifies('MET-06', 'an issuer with a path is found by prefix and by suffix', async () => {
  const deep = await startIdpWorld({ config: { issuer: 'https://acme.example/idp' } });
  for (const path of [
    '/.well-known/openid-configuration/idp',
    '/.well-known/oauth-authorization-server/idp',
    '/idp/.well-known/openid-configuration',
  ]) {
    const document = (await (await fetch(`${deep.idp.url}${path}`)).json()) as Record<string, unknown>;
    expect(document).toMatchObject({
      issuer: 'https://acme.example/idp',
      token_endpoint: 'https://acme.example/idp/token',
    });
  }
  await deep.close();
});

test('the keys are public and nothing else', async () => {
  const { keys } = (await (await fetch(`${world.idp.url}/jwks.json`)).json()) as { keys: Record<string, unknown>[] };
  expect(keys.map((key) => key.alg).sort()).toEqual(['ES256', 'RS256']);
  expect(keys.every((key) => key.d === undefined && key.kid !== undefined)).toBe(true);
});

test('the page of a decision says nothing about it', async () => {
  const { id } = await world.exchange({ scope: 'chat.write' });
  const response = await fetch(`${world.idp.url}/explain/${id}`);
  const html = await response.text();
  expect(html).toContain(`npx crossgrant explain ${id}`);
  expect(html).not.toMatch(/chat|ada|agent|scope/);
  expect((await fetch(`${world.idp.url}/explain/<script>`)).status).toBe(404);
});

verifies('MET-05', 'an issuer that is no https URL is refused at start', async () => {
  for (const bad of ['http://idp.example', 'https://idp.example/?x', 'https://idp.example/#x', 'idp.example']) {
    await expect(startIdpWorld({ config: { issuer: bad } })).rejects.toThrow(
      expect.objectContaining({ code: 'idp/issuer' }),
    );
  }
});

verifies('LES-70', 'a host that is neither the public one nor the one listened on is not served', async () => {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const admin = `127.0.0.1:${adminPort}`;
  const listening = await startIdpWorld({ config: { listen: `127.0.0.1:${port}`, admin: { listen: admin } } });
  const ask = async (host: string, url = listening.idp.url): Promise<number> =>
    (await sendRaw(url, { method: 'GET', path: '/jwks.json', headers: [`host: ${host}`] })).status;
  expect([await ask(`127.0.0.1:${port}`), await ask(new URL(issuer).host)]).toEqual([200, 200]);
  expect(await ask('evil.example')).toBe(421);
  expect([await ask(admin, `http://${admin}`), await ask('evil.example', `http://${admin}`)]).toEqual([404, 421]);
  await listening.close();
});
