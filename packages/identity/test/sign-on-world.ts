import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClientAppInput,
  createSignOn,
  type IdentitySchema,
  identityMigrations,
  type PersonInput,
  type SignOn,
  type SignOnOptions,
  upsertClientApp,
  upsertPerson,
  upsertTenant,
} from '@crossgrant/identity';
import {
  createDpopNonces,
  createLog,
  type Database,
  openDatabase,
  openKeyRing,
  type SecretBox,
  secretBoxFromKey,
} from '@crossgrant/platform';
import { createDpopVerifier } from '@crossgrant/protocol/jws';
import * as oauth from 'oauth4webapi';

export const redirectUri = 'http://127.0.0.1:9/cb';
export const agentSecret = 'agent-secret-0123456789abcdef0123456789abcdef';

export const agent: ClientAppInput = {
  clientId: 'agent',
  name: 'Agent',
  redirectUris: [redirectUri, 'https://app.example/cb'],
  postLogoutRedirectUris: ['https://app.example/bye'],
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post'],
  secrets: [agentSecret],
  refreshTokens: true,
};

export const editor: ClientAppInput = {
  clientId: 'editor',
  name: 'Editor',
  redirectUris: [redirectUri],
  tokenEndpointAuthMethods: ['none'],
  grantTypes: ['authorization_code'],
  idTokenAlgorithm: 'ES256',
  refreshTokens: true,
};

export const alice: PersonInput = {
  username: 'alice',
  email: 'Alice@acme.example',
  emailVerified: true,
  name: 'Alice Ng',
  password: 'correct horse',
  groups: ['engineering'],
};

export interface SignOnWorld {
  readonly issuer: string;
  readonly tenantId: string;
  readonly database: Database<IdentitySchema>;
  readonly secretBox: SecretBox;
  readonly signOn: SignOn;
  readonly logLines: string[];
  readonly clock: () => number;
  metadata(): Promise<oauth.AuthorizationServer>;
  /** A second process on the same database, at the same issuer. */
  replica(): Promise<{ readonly server: Server; readonly origin: string; close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly people?: readonly PersonInput[];
  readonly clients?: readonly ClientAppInput[];
  readonly url?: string;
  readonly clock?: () => number;
  readonly sessionSeconds?: number;
  readonly issuer?: string;
  /** Proofs of possession must carry a nonce. */
  readonly dpopNonces?: boolean;
  readonly snapshotClients?: SignOnOptions['snapshotClients'];
  readonly anonymous?: SignOnOptions['anonymous'];
  readonly everyoneRevokedBefore?: SignOnOptions['everyoneRevokedBefore'];
  readonly assurance?: Pick<SignOnOptions, 'password' | 'unreachableAcr'>;
}

export async function startSignOnWorld(options: WorldOptions = {}): Promise<SignOnWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'crossgrant-identity-'));
  const url = options.url ?? join(folder, 'idp.db');
  const clock = options.clock ?? (() => Date.now());
  const secretBox = secretBoxFromKey(randomBytes(32));
  const logLines: string[] = [];
  const log = createLog({ name: 'test', destination: { write: (line: string) => logLines.push(line) } });
  const database = await openDatabase<IdentitySchema>({ url, migrations: identityMigrations, clock });
  const holder: { signOn?: SignOn } = {};
  const first = await listen(() => holder.signOn);
  const issuer = options.issuer ?? first.origin;
  const tenant = await upsertTenant(database, { issuer, name: 'Acme' }, clock());
  for (const person of options.people ?? [alice]) await upsertPerson(database, tenant.id, person, clock());
  for (const client of options.clients ?? [agent, editor])
    await upsertClientApp(database, tenant.id, client, { secretBox, now: clock() });

  const build = async (own: Database<IdentitySchema>): Promise<SignOn> => {
    const keyRing = await openKeyRing({
      database: own,
      scope: tenant.id,
      purposes: ['id-token'],
      algorithms: ['RS256', 'ES256'],
      secrets: secretBox,
      clock,
    });
    const { sessionSeconds, snapshotClients, anonymous, everyoneRevokedBefore } = options;
    return createSignOn({
      database: own,
      tenant: { id: tenant.id, issuer, name: 'Acme' },
      keyRing,
      secretBox,
      clock,
      log,
      development: true,
      sessionSeconds,
      snapshotClients,
      anonymous,
      everyoneRevokedBefore,
      ...options.assurance,
      proofs: {
        verify: createDpopVerifier(),
        nonces: options.dpopNonces === true ? createDpopNonces(secretBox, tenant.id) : undefined,
      },
      explainUrl: `${issuer}/d`,
    });
  };
  const signOn = await build(database);
  holder.signOn = signOn;
  return {
    issuer,
    tenantId: tenant.id,
    database,
    secretBox,
    signOn,
    logLines,
    clock,
    metadata: async () => (await signOn.discovery()) as unknown as oauth.AuthorizationServer,
    async replica() {
      const own = await openDatabase<IdentitySchema>({ url, migrations: identityMigrations, clock });
      const other = await build(own);
      const running = await listen(() => other);
      return {
        ...running,
        close: async () => {
          await running.close();
          await own.close();
        },
      };
    },
    async close() {
      await first.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listen(
  find: () => SignOn | undefined,
): Promise<{ server: Server; origin: string; close(): Promise<void> }> {
  const server = createServer((request, response) => void find()?.callback(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

export const loopback: { [oauth.allowInsecureRequests]: true } = { [oauth.allowInsecureRequests]: true };

export interface AskedSignOn {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** An authorization request as oauth4webapi's users make it; parameters may be replaced or, with undefined, left out. */
export async function askSignOn(
  world: SignOnWorld,
  clientId = 'agent',
  replaced: Record<string, string | undefined> = {},
): Promise<AskedSignOn> {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const parameters: Record<string, string | undefined> = {
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile email',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...replaced,
  };
  const url = new URL('/authorize', world.issuer);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return { url, verifier, state, nonce };
}

export interface Tokens {
  readonly response: oauth.TokenEndpointResponse;
  readonly claims: oauth.IDToken;
}

/** Redeems the callback as a certified relying party would, with every check of its. */
export async function redeemCallback(
  world: SignOnWorld,
  asked: AskedSignOn,
  callback: URL,
  clientId = 'agent',
): Promise<Tokens> {
  const server = await world.metadata();
  const client: oauth.Client = {
    client_id: clientId,
    id_token_signed_response_alg: clientId === 'editor' ? 'ES256' : 'RS256',
  };
  const parameters = oauth.validateAuthResponse(server, client, callback, asked.state);
  const authentication = clientAuthentication(clientId);
  const answer = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    parameters,
    redirectUri,
    asked.verifier,
    loopback,
  );
  const response = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: asked.nonce,
    requireIdToken: true,
  });
  const claims = oauth.getValidatedIdTokenClaims(response);
  if (claims === undefined) throw new Error('no ID token');
  return { response, claims };
}

export function clientAuthentication(clientId: string): oauth.ClientAuth {
  return clientId === 'editor' ? oauth.None() : oauth.ClientSecretBasic(agentSecret);
}
