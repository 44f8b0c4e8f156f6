import { readFileSync } from 'node:fs';
import { type AuditEntry, type IssuerKeys, pinnedIssuerKeys } from '@crossgrant/platform';
import {
  formatBasic,
  formatForm,
  grantTypes,
  type JsonObject,
  type PlainRequest,
  type PlainResponse,
  plainHeaders,
  typs,
} from '@crossgrant/protocol';
import { defaultAlgorithms, importSigningKey, signJws, verificationKeyOf } from '@crossgrant/protocol/jws';
import {
  buildDirectory,
  createResourceAuthorizationServer,
  type DirectoryContent,
  type GovernedResource,
  type ResourceAuthorizationServer,
  type ResourceAuthorizationServerOptions,
  type ResourceClient,
  type ResourceStore,
  secretVerifier,
  type TrustedIssuer,
} from '../src/index.ts';
import { createMemoryResourceStore } from '../src/store/memory.ts';

interface VectorEntry {
  readonly name: string;
  readonly assertion: string;
  readonly expect: string;
  readonly dpop?: string;
  readonly why: string;
}

interface Vectors {
  readonly now: number;
  readonly config: {
    readonly ras_issuer: string;
    readonly idp_issuer: string;
    readonly idp2_issuer: string;
    readonly resource: string;
    readonly client_id_at_ras: string;
    readonly supported_scopes: readonly string[];
    readonly default_scopes: readonly string[];
  };
  readonly jwks: Record<'idp' | 'idp2' | 'ras' | 'client', JsonObject>;
  readonly private_keys: Record<'idp' | 'idp2' | 'ras' | 'client' | 'attacker', JsonObject>;
  readonly client_assertions: Record<
    'ok.at-idp' | 'ok.at-ras' | 'legacy.typ-jwt' | 'bad.aud-token-endpoint' | 'bad.aud-two',
    string
  >;
  readonly dpop_proofs: Record<string, string>;
  readonly dpop_jkt: string;
  readonly access_token_dpop_bound: string;
  readonly redemption: readonly VectorEntry[];
  readonly id_token: string;
  readonly logout_token: string;
  readonly set_session_revoked_es256: string;
}

export const vectors = JSON.parse(
  readFileSync(new URL('../../../spec/vectors.json', import.meta.url), 'utf8'),
) as Vectors;

export const self = vectors.config.ras_issuer;
export const idp = vectors.config.idp_issuer;
export const idp2 = vectors.config.idp2_issuer;
export const mcpResource = vectors.config.resource;
export const otherResource = 'https://files.chat.example/mcp';
export const clientId = vectors.config.client_id_at_ras;
export const clientSecret = 's3cret';
export const nowSeconds = vectors.now;

export interface World {
  readonly server: ResourceAuthorizationServer;
  readonly store: ResourceStore;
  readonly audit: AuditEntry[];
  /** Every look-up of keys: what a fetch would hang on. */
  readonly keyLookUps: string[];
  /** Moves the clock to an instant relative to the vectors' now. */
  at(secondsFromNow: number): void;
  /** Changes the directory as an administrator would. */
  change(part: Partial<DirectoryContent>): void;
  content: DirectoryContent;
  refreshes: number;
}

export interface WorldOptions {
  readonly trusted?: Partial<TrustedIssuer>;
  readonly client?: Partial<ResourceClient>;
  readonly resource?: Partial<GovernedResource>;
  readonly customers?: DirectoryContent['customers'];
  readonly moreIssuers?: readonly TrustedIssuer[];
  readonly dpop?: ResourceAuthorizationServerOptions['dpop'];
  readonly store?: (audit: AuditEntry[], clock: () => number) => ResourceStore;
}

/** One server with the stated configuration of the vectors and a frozen clock. */
export function createWorld(options: WorldOptions = {}): World {
  const audit: AuditEntry[] = [];
  let nowMs = nowSeconds * 1000;
  const clock = (): number => nowMs;
  const store =
    options.store?.(audit, clock) ?? createMemoryResourceStore({ clock, onAudit: (entry) => audit.push(entry) });
  const keyLookUps: string[] = [];
  const rasKey = importSigningKey(vectors.private_keys.ras);

  const world: World = {
    server: createResourceAuthorizationServer({
      issuer: self,
      store,
      clock,
      dpop: options.dpop,
      keys: {
        signingKey: () => rasKey,
        verificationKeys: () => [verificationKeyOf(rasKey)],
        publicJwks: () => ({ keys: [rasKey.publicJwk] }),
      },
      directory: () => directory,
      refreshDirectory: async () => {
        world.refreshes += 1;
        directory = buildDirectory({ ...world.content, epoch: await store.readEpoch() });
      },
    }),
    store,
    audit,
    keyLookUps,
    at: (seconds) => {
      nowMs = (nowSeconds + seconds) * 1000;
    },
    change: (part) => {
      world.content = { ...world.content, ...part };
      directory = buildDirectory(world.content);
    },
    content: {
      epoch: 0,
      customers: options.customers ?? [{ customerId: 'chat', state: 'active' }],
      trustedIssuers: [
        trustedIssuer(idp, 'idp', keyLookUps, options.trusted),
        trustedIssuer(idp2, 'idp2', keyLookUps),
        ...(options.moreIssuers ?? []),
      ],
      clients: [chatClient(options.client)],
      resources: [governed(mcpResource, options.resource), governed(otherResource)],
    },
    refreshes: 0,
  };
  let directory = buildDirectory(world.content);
  return world;
}

export function trustedIssuer(
  issuer: string,
  keys: 'idp' | 'idp2',
  lookUps: string[] = [],
  part: Partial<TrustedIssuer> = {},
): TrustedIssuer {
  return {
    issuer,
    customerId: 'chat',
    keys: watchedKeys(pinnedIssuerKeys(vectors.jwks[keys]), issuer, lookUps),
    keySources: [`test ${keys}`],
    algorithms: defaultAlgorithms,
    tenant: { mode: 'single' },
    audTenants: [],
    skewSeconds: 30,
    lifetimeCapSeconds: 300,
    reuse: 'refuse',
    toleratesTrailingSlash: false,
    clients: 'any',
    defaultResource: mcpResource,
    defaultScopes: vectors.config.default_scopes,
    linking: { jit: true, email: false, verifiedDomains: [], audSub: false },
    state: 'active',
    ...part,
  };
}

export function chatClient(part: Partial<ResourceClient> = {}): ResourceClient {
  return {
    clientId,
    authMethods: ['client_secret_basic', 'client_secret_post'],
    verifySecret: secretVerifier(clientSecret),
    grantTypes: [grantTypes.jwtBearer],
    dpopRequired: false,
    state: 'active',
    ...part,
  };
}

export function governed(identifier: string, part: Partial<GovernedResource> = {}): GovernedResource {
  return {
    identifier,
    scopes: vectors.config.supported_scopes,
    accessTokenSeconds: 600,
    dpopRequired: false,
    verifyIntrospectionSecret: secretVerifier(`rs-${new URL(identifier).hostname}`),
    ...part,
  };
}

let serial = 0;

/** An ID-JAG with good claims, some of them overridden; an override of undefined removes the claim. */
export function idJag(
  claims: JsonObject | Record<string, unknown> = {},
  options: { typ?: string; key?: 'idp' | 'idp2' | 'attacker'; header?: object } = {},
): string {
  serial += 1;
  const key = importSigningKey(vectors.private_keys[options.key ?? 'idp']);
  const payload = {
    iss: options.key === 'idp2' ? idp2 : idp,
    sub: 'U019488227',
    aud: self,
    client_id: clientId,
    jti: `jag-test-${serial}`,
    iat: nowSeconds - 10,
    exp: nowSeconds + 290,
    resource: mcpResource,
    scope: 'chat.read chat.history',
    auth_time: nowSeconds - 3600,
    acr: 'phr',
    amr: ['mfa', 'hwk'],
    ...claims,
  };
  return signJws(key, options.typ ?? typs.idJag, payload, options.header);
}

export function tokenRequest(
  assertion: string,
  options: {
    form?: Record<string, string | undefined>;
    headers?: readonly (readonly [string, string])[];
    auth?: 'basic' | 'none';
    credentials?: readonly [string, string];
  } = {},
): PlainRequest {
  const [id, secret] = options.credentials ?? [clientId, clientSecret];
  return formRequest('/token', { grant_type: grantTypes.jwtBearer, assertion, ...options.form }, [
    ...(options.auth === 'none' ? [] : [['authorization', formatBasic(id, secret)] as const]),
    ...(options.headers ?? []),
  ]);
}

export function formRequest(
  path: string,
  form: Record<string, string | undefined>,
  headers: readonly (readonly [string, string])[] = [],
): PlainRequest {
  return {
    method: 'POST',
    path,
    query: '',
    headers: plainHeaders([['content-type', 'application/x-www-form-urlencoded'], ...headers]),
    body: formatForm(Object.entries(form)),
    remoteAddress: '192.0.2.7',
  };
}

export function bodyOf(response: PlainResponse): Record<string, unknown> {
  return JSON.parse(response.body) as Record<string, unknown>;
}

/** The payload of a token, unverified: tests look at what was written. */
export function payloadOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

function watchedKeys(keys: IssuerKeys, issuer: string, lookUps: string[]): IssuerKeys {
  return {
    find: (kid, alg) => {
      lookUps.push(issuer);
      return keys.find(kid, alg);
    },
  };
}
