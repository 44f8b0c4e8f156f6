import { profiles, typs } from '@crossgrant/protocol';
import { importSigningKey, signJws } from '@crossgrant/protocol/jws';
import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect } from 'vitest';
import vectors from '../../../spec/vectors.json' with { type: 'json' };
import { agentSecret, type IdpWorld, policy } from './idp-world.ts';
import { refreshTokenType, renew, signOnFor, startSigningWorld } from './signed-on.ts';

const key = importSigningKey(vectors.private_keys.client);
let serial = 0;

/** The agent has both methods: it signs on by its secret and exchanges by assertion. */
async function start(engine: string): Promise<IdpWorld> {
  const [agent, ...others] = policy.clientApps ?? [];
  const auth = {
    methods: ['client_secret_post', 'private_key_jwt'] as const,
    secret: agentSecret,
    keys: { jwks: vectors.jwks.client },
  };
  return startSigningWorld({
    database: engine === 'SQLite' ? undefined : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? ''),
    policy: { clientApps: [{ ...agent!, auth }, ...others] },
  });
}

function assertion({ nowSeconds: now, config }: IdpWorld): string {
  serial += 1;
  const claims = { iss: 'agent', sub: 'agent', aud: config.issuer, jti: `a-${serial}`, iat: now, exp: now + 60 };
  return signJws(key, typs.clientAssertion, claims);
}

async function dpopProof({ nowSeconds: iat, config }: IdpWorld): Promise<string> {
  serial += 1;
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return new SignJWT({ jti: `p-${serial}`, htm: 'POST', htu: `${config.issuer}/token`, iat })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  verifies(
    ['RTK-03', 'CAU-03', 'DPO-01', 'ATK-35'],
    `${engine}: the exchange that ends a family uses up its assertion and its proof; one that was used ends nothing`,
    async () => {
      const world = await start(engine);
      try {
        const other = await world.replica({ listen: '127.0.0.1:0' });
        const exchangeBy = (subject: string, clientAssertion: string, dpop?: string, at = world.idp) =>
          world.exchange(
            {
              client_id: undefined,
              client_secret: undefined,
              client_assertion_type: profiles.clientAssertionType,
              client_assertion: clientAssertion,
              subject_token: subject,
              subject_token_type: refreshTokenType,
            },
            { at, headers: dpop === undefined ? {} : { dpop } },
          );
        const rotated = async (): Promise<readonly [string, string]> => {
          const { refreshToken } = await signOnFor(world);
          return [refreshToken, String((await renew(world, refreshToken)).refresh_token)];
        };
        const codeOf = async ({ id }: { readonly id: string | undefined }) => (await world.audit(id))?.code;

        const [old] = await rotated();
        const [once, proof] = [assertion(world), await dpopProof(world)];
        expect(await codeOf(await exchangeBy(old, once, proof))).toBe('subject-token/refresh-token-reused');

        const [replaced, live] = await rotated();
        const again = await exchangeBy(replaced, once, undefined, other);
        expect([again.status, again.body.error]).toEqual([401, 'invalid_client']);
        expect(await codeOf(again)).toBe('client/assertion-replayed');
        const unused = assertion(world);
        const shown = await exchangeBy(replaced, unused, proof, other);
        expect([shown.status, shown.body.error]).toEqual([400, 'invalid_dpop_proof']);
        expect(await codeOf(shown)).toBe('dpop/replayed');

        // Nobody who showed a used proof has ended a family, and what is refused as a whole has used nothing.
        expect((await exchangeBy(live, unused)).status).toBe(200);

        const racing = assertion(world);
        const codes = await Promise.all(
          [world.idp, other, world.idp, other].map(async (at) =>
            codeOf(await exchangeBy(replaced, racing, undefined, at)),
          ),
        );
        expect(codes.filter((code) => code !== 'client/assertion-replayed')).toEqual([expect.any(String)]);
        expect((await exchangeBy(live, assertion(world))).body.error).toBe('invalid_grant');
      } finally {
        await world.close();
      }
    },
    60_000,
  );
}
