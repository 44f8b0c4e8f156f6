import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AuditEntry } from '@crossgrant/platform';
import { grantTypes, type PlainResponse, type RefusalCode } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { type AuthorizationServerOptions, createAuthorizationServer } from '../src/index.ts';
import { createMemoryResourceStore } from '../src/store/memory.ts';
import { expectRefused } from './expect-refusal.ts';
import { bodyOf, formRequest, idJag, idp, mcpResource, nowSeconds, payloadOf, self, vectors } from './support.ts';

const key = generateSigningKey('ES256');
const other = generateSigningKey('ES256');
const bound = { cnf: { jkt: key.kid } };
let document: object = {};
let url = '';
const host = createServer((_request, response) => {
  const sound = { client_id: url, client_name: 'Agent', redirect_uris: ['https://agent.example/cb'] };
  const grants = { grant_types: [grantTypes.jwtBearer], token_endpoint_auth_method: 'none' };
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...sound, ...grants, ...document }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/client.json`;
});
afterAll(() => void host.close());

interface Options {
  readonly publicClients?: boolean;
  readonly clients?: AuthorizationServerOptions['clients'];
  readonly domains?: readonly string[];
  readonly vouches?: AuthorizationServerOptions['trustedIssuers'][number]['clients'];
}

async function start({ publicClients = true, clients = [], domains = ['127.0.0.1'], vouches = 'any' }: Options = {}) {
  const audit: AuditEntry[] = [];
  const clock = (): number => nowSeconds * 1_000;
  const trust = { keys: { jwks: vectors.jwks.idp }, linking: 'jit', lifetimeCapSeconds: 600 } as const;
  const server = await createAuthorizationServer({
    issuer: self,
    store: createMemoryResourceStore({ clock, onAudit: (entry) => audit.push(entry) }),
    trustedIssuers: [{ issuer: idp, clients: vouches, ...trust }],
    clients,
    resources: [{ identifier: mcpResource, scopes: vectors.config.supported_scopes }],
    clientMetadataDocuments: { domains, publicClients },
    development: true,
    clock,
  });
  onTestFinished(() => server.close());

  const redeem = (claims: object, dpop?: string, form: Record<string, string | undefined> = {}) =>
    server.token(
      formRequest(
        '/token',
        { grant_type: grantTypes.jwtBearer, client_id: url, assertion: idJag({ client_id: url, ...claims }), ...form },
        dpop === undefined ? [] : [['dpop', dpop]],
      ),
    );
  const refused = async (response: Promise<PlainResponse>, code: RefusalCode): Promise<void> => {
    expectRefused(await response, code);
    expect(audit.at(-1)?.code).toBe(code);
  };
  return { server, audit, redeem, refused };
}

let serial = 0;
function proof(signer = key): string {
  serial += 1;
  const claims = { jti: `p-${serial}`, htm: 'POST', htu: `${self}/token`, iat: nowSeconds };
  return signJws(signer, 'dpop+jwt', claims, { jwk: signer.publicJwk });
}

function expectBound(response: PlainResponse): void {
  expect(response.status, response.body).toBe(200);
  const body = bodyOf(response);
  expect(body.token_type).toBe('DPoP');
  expect(payloadOf(body.access_token)).toMatchObject({ client_id: url, ...bound });
}

verifies(
  ['CAU-04', 'RED-04'],
  'where public clients are let in, one with a document redeems what is bound to the key it proves',
  async () => {
    expectBound(await (await start()).redeem(bound, proof()));
    expectBound(await (await start({ clients: [{ id: url, auth: {} }], domains: [] })).redeem(bound, proof()));
    expectBound(await (await start({ vouches: 'vouched', domains: [] })).redeem(bound, proof()));
  },
);

verifies(['CAU-04', 'ATK-40'], 'an unbound ID-JAG is of no use to a public client, proof or not', async () => {
  const { redeem, refused } = await start();
  await refused(redeem({}), 'client/public');
  await refused(redeem({}, proof()), 'client/public');
});

verifies(['CAU-04', 'ATK-40', 'ATK-33'], 'a bound ID-JAG is of no use to whoever has not its key', async () => {
  const { redeem, refused } = await start();
  await refused(redeem(bound), 'assertion/proof-missing');
  await refused(redeem(bound, proof(other)), 'assertion/proof-key');
  const once = proof();
  expectBound(await redeem(bound, once));
  await refused(redeem({ ...bound, jti: 'another' }, once), 'dpop/replayed');
});

verifies(['CAU-04', 'RED-04', 'ATK-40'], 'unless they are let in, no public client redeems', async () => {
  const { redeem, refused } = await start({ publicClients: false });
  await refused(redeem(bound, proof()), 'client/public');
  await refused(redeem({}), 'client/public');
});

verifies(['CAU-04', 'RED-04', 'ATK-40'], 'a public client without a document is never let in', async () => {
  const { redeem, refused } = await start({ clients: [{ id: 'open', auth: {} }] });
  await refused(redeem({ ...bound, client_id: 'open' }, proof(), { client_id: 'open' }), 'client/public');
});

verifies(['CAU-04', 'LES-28'], 'the switch makes no client public that has a key, and takes no secret', async () => {
  const { redeem } = await start();
  expectRefused(await redeem(bound, proof(), { client_secret: 'x' }), 'client/method');
  document = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } };
  onTestFinished(() => {
    document = {};
  });
  const fresh = await start();
  expectRefused(await fresh.redeem(bound, proof()), 'client/method');
  document = { grant_types: ['authorization_code'] };
  const signingOnOnly = await start();
  await signingOnOnly.refused(signingOnOnly.redeem(bound, proof()), 'client/grant-not-registered');
});

verifies('CAU-04', 'the metadata names the method none where public clients are let in, and only there', async () => {
  const methods = async (publicClients: boolean) =>
    (await start({ publicClients })).server.metadata().token_endpoint_auth_methods_supported;
  expect(await methods(true)).toContain('none');
  expect(await methods(false)).not.toContain('none');
});
