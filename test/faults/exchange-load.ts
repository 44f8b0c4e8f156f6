import { join } from 'node:path';
import type { IdpConfig } from '@crossgrant/idp';
import { signOnAsPerson } from '@crossgrant/world';
import * as openid from 'openid-client';
import { alice, idpSecret } from '../fixtures/three-servers.ts';

export interface ExchangeLoad {
  readonly config: IdpConfig;
  /** Signs alice on once; her ID token outlives the restarts because session and keys do. */
  signOn(): Promise<void>;
  exchange(): Promise<string | undefined>;
}

const audience = 'https://auth.chat.example';
const resource = 'https://mcp.chat.example/mcp';
const redirectUri = 'http://127.0.0.1:9/callback';

/** An IdP whose one client may exchange as fast as it can. */
export function createExchangeLoad(at: { port: number; database: string; folder: string }): ExchangeLoad {
  const issuer = `http://127.0.0.1:${at.port}`;
  let idToken = '';
  return {
    config: exchangeConfig(issuer, at),
    async signOn() {
      const config = await openid.discovery(new URL(issuer), 'agent', undefined, openid.ClientSecretPost(idpSecret), {
        execute: [openid.allowInsecureRequests],
      });
      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const authorizeUrl = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid',
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      });
      const callback = await signOnAsPerson({ authorizeUrl: authorizeUrl.href, ...alice });
      idToken = (await openid.authorizationCodeGrant(config, new URL(callback), { pkceCodeVerifier })).id_token ?? '';
    },
    async exchange() {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
          subject_token: idToken,
          audience,
          resource,
          client_id: 'agent',
          client_secret: idpSecret,
        }),
      });
      const body = (await response.json()) as { access_token?: string };
      return body.access_token;
    },
  };
}

function exchangeConfig(issuer: string, at: { port: number; database: string; folder: string }): IdpConfig {
  return {
    development: true,
    issuer,
    listen: `127.0.0.1:${at.port}`,
    database: at.database,
    keyFile: join(at.folder, 'idp.key'),
    exchangeLimits: { perClient: 1_000_000, perClientAndPerson: 1_000_000 },
    people: [{ ...alice, email: 'alice@acme.example', groups: ['engineering'] }],
    policy: {
      clientApps: [
        {
          id: 'agent',
          name: 'Agent',
          redirectUris: [redirectUri],
          auth: { methods: ['client_secret_post'], secret: idpSecret },
        },
      ],
      resourceApps: [
        {
          id: 'chat',
          issuer: audience,
          resources: [{ identifier: resource, scopes: { 'chat.read': { risk: 'read' } } }],
        },
      ],
      connections: [
        {
          client: 'agent',
          resourceApp: 'chat',
          resourceClientId: 'agent-at-chat',
          scopes: ['chat.read'],
          state: 'approved',
        },
      ],
      rules: [{ id: 'everyone', effect: 'allow', everyone: true }],
    },
    log: { level: 'error' },
  };
}
