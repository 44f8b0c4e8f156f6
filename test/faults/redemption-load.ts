import { join } from 'node:path';
import type { AuthServerConfig } from '@crossgrant/authserver';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { rasSecret } from '../fixtures/three-servers.ts';

export interface Redeemed {
  readonly idJag: string;
  readonly accessToken: string;
}

export interface RedemptionLoad {
  readonly config: AuthServerConfig;
  /** A fresh ID-JAG for this authorization server. */
  mint(): Promise<string>;
  redeem(idJag: string): Promise<{ status: number; body: Record<string, unknown> }>;
  redeemFresh(): Promise<Redeemed | undefined>;
}

const stranger = 'https://idp.stranger.example';
const resource = 'https://mcp.chat.example/mcp';

/** An authorization server that trusts the pinned key of an issuer which this test plays itself. */
export async function createRedemptionLoad(at: {
  port: number;
  database: string;
  folder: string;
}): Promise<RedemptionLoad> {
  const issuer = `http://127.0.0.1:${at.port}`;
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'stranger-1', alg: 'ES256', use: 'sig' };

  const mint = (): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ client_id: 'agent-at-chat', resource, scope: 'chat.read', auth_time: now - 60 })
      .setProtectedHeader({ alg: 'ES256', typ: 'oauth-id-jag+jwt', kid: 'stranger-1' })
      .setIssuer(stranger)
      .setSubject('ada')
      .setAudience(issuer)
      .setJti(crypto.randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + 300)
      .sign(privateKey);
  };
  const redeem: RedemptionLoad['redeem'] = async (assertion) => {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`agent-at-chat:${rasSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    config: {
      development: true,
      issuer,
      listen: `127.0.0.1:${at.port}`,
      database: at.database,
      keyFile: join(at.folder, 'as.key'),
      clients: [{ id: 'agent-at-chat', auth: { methods: ['client_secret_basic'], secret: rasSecret } }],
      trustedIssuers: [
        { issuer: stranger, keys: { jwks: { keys: [jwk] } }, clients: ['agent-at-chat'], linking: 'jit' },
      ],
      resources: [{ identifier: resource, scopes: ['chat.read'] }],
    },
    mint,
    redeem,
    async redeemFresh() {
      const idJag = await mint();
      const { status, body } = await redeem(idJag);
      return status === 200 ? { idJag, accessToken: String(body.access_token) } : undefined;
    },
  };
}
