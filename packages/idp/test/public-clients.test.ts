import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateSigningKey, signJws, thumbprint } from '@crossgrant/protocol/jws';
import { freePorts, verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, beforeAll, expect } from 'vitest';
import type { RunningIdp } from '../src/index.ts';
import { type Answer, decode, type IdpWorld, policy, startIdpWorld } from './idp-world.ts';
import { password, refreshTokenType } from './signed-on.ts';

const redirectUri = 'http://127.0.0.1:9/cb';
const key = generateSigningKey('ES256', 'k1');
const otherKey = generateSigningKey('ES256', 'k2');
const host = createServer((request, response) => {
  const document = {
    client_id: `${origin()}${request.url}`,
    client_name: 'Agent on a desktop',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
  };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
});
const origin = (): string => `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
let url = '';
let issuer = '';
let world: IdpWorld;
let off: RunningIdp;

beforeAll(async () => {
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  url = `${origin()}/desktop.json`;
  const [port = 0] = await freePorts(1);
  issuer = `http://127.0.0.1:${port}`;
  world = await startIdpWorld({
    policy: {
      clientApps: [
        { id: url, name: 'By URL', redirectUris: [], refreshTokens: true },
        { id: 'open', name: 'Public', redirectUris: [redirectUri], auth: { methods: ['none'] } },
      ],
      connections: [
        { client: url, resourceApp: 'chat', scopes: ['chat.read'], state: 'approved' },
        { client: 'open', resourceApp: 'chat', resourceClientId: 'x', scopes: ['chat.read'], state: 'approved' },
      ],
      rules: [{ id: 'engineers', effect: 'allow', groups: ['engineering'] }],
      resourceApps: policy.resourceApps,
    },
    config: {
      issuer,
      listen: `127.0.0.1:${port}`,
      clientMetadataDocuments: true,
      publicClients: true,
      people: [{ username: 'ada', email: 'ada@acme.example', password, groups: ['engineering'] }],
    },
  });
  world.clock.nowMs = Math.floor(Date.now() / 1000) * 1000;
  off = await world.replica({ publicClients: false, listen: '127.0.0.1:0' });
});
afterAll(async () => {
  host.close();
  await world.close();
});

function proof(signer = key): string {
  const claims = { jti: crypto.randomUUID(), htm: 'POST', htu: `${issuer}/token`, iat: world.nowSeconds };
  return signJws(signer, 'dpop+jwt', claims, { jwk: signer.publicJwk });
}

/** Signs ada on at the app; with `dpop` its refresh token is bound. */
async function tokensOf(client: string, dpop?: string): Promise<{ idToken: string; refreshToken: string }> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: redirectUri,
    scope: 'openid offline_access',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const callback = await signOn(createRobotBrowser(), `${issuer}/authorize?${query}`, { username: 'ada', password });
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: dpop === undefined ? {} : { dpop },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      client_id: client,
    }),
  });
  const body = (await response.json()) as Record<string, string>;
  expect(response.status, JSON.stringify(body)).toBe(200);
  return { idToken: body.id_token ?? '', refreshToken: body.refresh_token ?? '' };
}

function exchange(
  over: Record<string, string | undefined>,
  { dpop, at }: { dpop?: string; at?: RunningIdp } = {},
): Promise<Answer> {
  const headers: Record<string, string> = dpop === undefined ? {} : { dpop };
  return world.exchange({ client_id: url, client_secret: undefined, ...over }, { headers, at });
}

async function expectPublic(answer: Answer): Promise<void> {
  expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 400, error: 'unauthorized_client' });
  expect(await world.audit(answer.id)).toMatchObject({ outcome: 'refused', code: 'client/public' });
}

verifies(
  ['CAU-04', 'ATK-40'],
  'where public clients are let in, one with a document exchanges with a proof, and what it gets is bound to its key',
  async () => {
    const { idToken } = await tokensOf(url);
    const granted = await exchange({ subject_token: idToken }, { dpop: proof() });
    expect(granted.status, JSON.stringify(await world.audit(granted.id))).toBe(200);
    expect(decode(granted.body.access_token).payload).toMatchObject({
      client_id: url,
      cnf: { jkt: thumbprint(key.publicJwk) },
    });
    await expectPublic(await exchange({ subject_token: idToken }));
    expect((await exchange({ subject_token: idToken }, { dpop: 'x' })).body.error).toBe('invalid_dpop_proof');
    const spent = proof();
    expect((await exchange({ subject_token: idToken }, { dpop: spent })).status).toBe(200);
    expect((await exchange({ subject_token: idToken }, { dpop: spent })).body.error).toBe('invalid_dpop_proof');
  },
);

verifies(['CAU-04', 'ATK-40'], 'a public client without a document is refused, proof or not', async () => {
  const { idToken } = await tokensOf('open');
  await expectPublic(await exchange({ client_id: 'open', subject_token: idToken }, { dpop: proof() }));
  await expectPublic(await exchange({ client_id: 'open', subject_token: idToken }));
});

verifies(['CAU-04', 'ATK-40'], 'unless they are let in, no public client exchanges', async () => {
  const { idToken } = await tokensOf(url);
  await expectPublic(await exchange({ subject_token: idToken }, { dpop: proof(), at: off }));
  await expectPublic(await exchange({ subject_token: idToken }, { at: off }));
});

verifies(
  ['CAU-04', 'DEL-04'],
  'the refresh token of a public client is a subject only where it is bound, and with its own key',
  async () => {
    const subject = (refreshToken: string) => ({ subject_token: refreshToken, subject_token_type: refreshTokenType });
    const { refreshToken: loose } = await tokensOf(url);
    await expectPublic(await exchange(subject(loose), { dpop: proof() }));
    const { refreshToken: bound } = await tokensOf(url, proof());
    const granted = await exchange(subject(bound), { dpop: proof() });
    expect(granted.status, JSON.stringify(granted.body)).toBe(200);
    expect((await exchange(subject(bound), { dpop: proof(otherKey) })).body.error).toBe('invalid_grant');
    await expectPublic(await exchange(subject(bound)));
  },
);

verifies('CAU-04', 'the ID token of another client is no subject for a public one', async () => {
  const { idToken } = await tokensOf('open');
  expect((await exchange({ subject_token: idToken }, { dpop: proof() })).body.error).toBe('invalid_grant');
});

verifies(['CAU-04', 'CID-08'], 'a public client brings no secret', async () => {
  const { idToken } = await tokensOf(url);
  expect((await exchange({ subject_token: idToken, client_secret: 'x' }, { dpop: proof() })).status).toBe(401);
});

verifies('CAU-04', 'the metadata names the method none where public clients are let in, and only there', async () => {
  const methods = async (at: string): Promise<unknown> => {
    const response = await fetch(`${at}/.well-known/oauth-authorization-server`);
    return ((await response.json()) as Record<string, unknown>).token_endpoint_auth_methods_supported;
  };
  expect(await methods(world.idp.url)).toContain('none');
  expect(await methods(off.url)).not.toContain('none');
  await expect(startIdpWorld({ config: { publicClients: true } })).rejects.toThrow('needs idp.clientMetadataDocuments');
});
