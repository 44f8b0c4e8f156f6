import {
  createDpopNonces,
  createGuardedFetch,
  type IssuerKeys,
  Misuse,
  openEncryptionKeys,
  type Route,
  secretBoxFromKey,
} from '@crossgrant/platform';
import { type Clock, type DpopNonces, grantTypes, type JsonObject, parseIssuerUrl } from '@crossgrant/protocol';
import {
  generateSigningKey,
  importSigningKey,
  type SignatureAlgorithm,
  type SigningKey,
  verificationKeyOf,
} from '@crossgrant/protocol/jws';
import { buildDirectory, checkClientSettings, governedResourceFrom } from '../directory/build-directory.ts';
import { checkTrust } from '../directory/check-trust.ts';
import { documentPolicyOf } from '../directory/client-documents.ts';
import { assertionsOf, authMethodsOf } from '../directory/client-keys.ts';
import type { ResourceClient, ResourceDirectory } from '../directory/resource-directory.ts';
import { secretVerifier } from '../directory/secrets.ts';
import {
  type ClientDocumentSettings,
  type ClientSettings,
  type CustomerSettings,
  defaultCustomer,
  type ResourceSettings,
  type TrustedIssuerSettings,
} from '../directory/settings.ts';
import { type TrustDeps, trustedIssuerFrom } from '../directory/trusted-issuer.ts';
import type { SqlResourceStore } from '../store/open-sql-store.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { openClientDocuments } from './client-documents.ts';
import {
  createResourceAuthorizationServer,
  type FaultLog,
  type ResourceAuthorizationServer,
  type SigningKeys,
} from './resource-authorization-server.ts';

export interface AuthorizationServerOptions {
  readonly issuer: string;
  readonly store: ResourceStore | SqlResourceStore;
  readonly trustedIssuers: readonly TrustedIssuerSettings[];
  readonly clients: readonly ClientSettings[];
  readonly resources: readonly ResourceSettings[];
  /** Absent: one customer, `default`. */
  readonly customers?: readonly CustomerSettings[];
  /** A private JWK with `alg`. Absent: the store's own keys, sealed with `keyFile`, or a key for this process alone. */
  readonly signingKey?: JsonObject;
  /** Holds the key that seals stored signing keys; made when missing, mode 0600. The variable CROSSGRANT_KEY goes first. */
  readonly keyFile?: string;
  /** Permits http issuers on loopback, and fetching from loopback addresses. */
  readonly development?: boolean;
  readonly dpop?: AuthorizationServerDpop;
  /** Takes clients whose id is the URL of their metadata document: those listed in `clients`, and those of these domains. */
  readonly clientMetadataDocuments?: ClientDocumentSettings;
  readonly clock?: Clock;
  readonly log?: FaultLog;
  readonly explainUrl?: string;
}

export interface AuthorizationServerDpop {
  /** Asks for nonces, made with this key: 32 random bytes, the same in every process of this server. RFC 9449 §8. */
  readonly nonceKey?: Uint8Array;
  /** Takes the grant type jwt-dpop too, which demands a bound ID-JAG and a proof, and announces it. */
  readonly jwtDpopGrant?: boolean;
}

/** A server whose trust, clients and resources are code. The store alone remembers. */
export interface AuthorizationServer extends ResourceAuthorizationServer {
  directory(): ResourceDirectory;
  routes(): readonly Route[];
}

const algorithm: SignatureAlgorithm = 'ES256';

/** Everything in one call: the settings are checked here, so a server that starts is one whose trust makes sense. */
export async function createAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const development = options.development === true;
  const issuer = parseIssuerUrl(options.issuer, { allowHttpLoopback: development });
  if (!issuer.ok)
    throw new Misuse('server/issuer', `The issuer ${options.issuer} is not acceptable (${issuer.refusal.problem}).`); // MET-05

  const content = contentOf(options, development);
  checkTrust(options.issuer, content.trustedIssuers, buildDirectory({ ...content, epoch: 0 }));
  const keys = await openSigningKeys(options);
  let directory = buildDirectory({ ...content, epoch: await options.store.readEpoch() });
  const refreshDirectory = async (): Promise<void> => {
    const epoch = await options.store.readEpoch();
    await keys.reload?.();
    directory = buildDirectory({ ...content, epoch });
  };
  const report = (error: unknown): void => options.log?.error({ err: error }, 'the directory could not be refreshed');
  const stopListening = options.store.onChange(() => void refreshDirectory().catch(report));

  const server = createResourceAuthorizationServer({
    ...options,
    isEmbedded: true,
    dpop: { jwtDpopGrant: options.dpop?.jwtDpopGrant, nonces: noncesOf(options) },
    keys,
    accessTokenAlgorithm: algorithmOf(options.signingKey),
    clientDocuments:
      options.clientMetadataDocuments === undefined
        ? undefined
        : openClientDocuments({
            ...options,
            development,
            auditScope: 'ras',
            fetch: createGuardedFetch({ development }),
            clock: options.clock ?? Date.now,
          }),
    directory: () => directory,
    refreshDirectory,
  });
  return {
    ...server,
    directory: () => directory,
    async close() {
      stopListening();
      await server.close();
    },
  };
}

function noncesOf({ issuer, dpop }: AuthorizationServerOptions): DpopNonces | undefined {
  return dpop?.nonceKey === undefined ? undefined : createDpopNonces(secretBoxFromKey(dpop.nonceKey), issuer);
}

function contentOf(
  options: AuthorizationServerOptions,
  development: boolean,
): Omit<Parameters<typeof buildDirectory>[0], 'epoch'> {
  const clock = options.clock ?? Date.now;
  const trustDeps = {
    fetch: createGuardedFetch({ development }),
    clock,
    development,
    opened: new Map<string, IssuerKeys>(),
  };
  const customers = options.customers ?? [{ id: defaultCustomer }];
  return {
    customers: customers.map(({ id, name, state }) => ({ customerId: id, name, state: state ?? 'active' })),
    trustedIssuers: options.trustedIssuers.map((settings) => trustedIssuerFrom(settings, trustDeps)),
    clients: options.clients.map((settings) => clientFrom(settings, trustDeps)),
    documents: documentPolicyOf(options.clientMetadataDocuments, development),
    resources: options.resources.map((settings) =>
      governedResourceFrom(settings, verifierOf(settings.introspectionSecret)),
    ),
  };
}

function clientFrom(settings: ClientSettings, deps: TrustDeps): ResourceClient {
  checkClientSettings(settings);
  const { auth } = settings;
  return {
    clientId: settings.id,
    name: settings.name,
    customerIds: settings.customer === undefined ? undefined : [settings.customer],
    authMethods: authMethodsOf(settings),
    verifySecret: verifierOf(auth.secret),
    assertions: assertionsOf(settings.id, auth.keys, auth.tokenEndpointAudience === true, deps),
    grantTypes: [grantTypes.jwtBearer],
    scopes: settings.scopes,
    dpopRequired: settings.dpopRequired === true,
    state: settings.state ?? 'active',
  };
}

function verifierOf(secret: string | undefined): ((secret: string) => boolean) | undefined {
  return secret === undefined ? undefined : secretVerifier(secret);
}

async function openSigningKeys(options: AuthorizationServerOptions): Promise<SigningKeys> {
  if (options.signingKey !== undefined) return fixedKey(importSigningKey(options.signingKey));
  if (!('openKeys' in options.store)) return fixedKey(generateSigningKey(algorithm));
  const encryption = openEncryptionKeys({ env: 'CROSSGRANT_KEY', file: options.keyFile, createIfMissing: true });
  return options.store.openKeys({ encryption, algorithms: [algorithm] });
}

function algorithmOf(jwk: JsonObject | undefined): SignatureAlgorithm {
  return jwk === undefined ? algorithm : importSigningKey(jwk).alg;
}

function fixedKey(key: SigningKey): SigningKeys {
  const verification = verificationKeyOf(key);
  return {
    signingKey: () => key,
    verificationKeys: () => [verification],
    publicJwks: () => ({ keys: [key.publicJwk] }),
  };
}
