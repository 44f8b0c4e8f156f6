import { type Database, readEpoch, type SecretBox } from '@crossgrant/platform';
import {
  assertionsOf,
  buildDirectory,
  type ClientKeySettings,
  checkTrust,
  type DocumentPolicy,
  type GovernedResource,
  governedResourceFrom,
  macVerifier,
  type ResourceClient,
  type ResourceDirectory,
  type TrustDeps,
  type TrustedIssuer,
  type TrustedIssuerSettings,
  trustedIssuerFrom,
} from '@crossgrant/resource';
import { clientSecretPurpose, introspectionSecretPurpose } from './desired-rows.ts';
import type { AuthServerSchema, ClientRow, ClientSecretRow, GovernedResourceRow, TrustedIssuerRow } from './schema.ts';

export interface DirectoryDeps extends TrustDeps {
  readonly issuer: string;
  readonly database: Database<AuthServerSchema>;
  readonly scope: string;
  readonly secrets: SecretBox;
  readonly documents: DocumentPolicy | undefined;
}

/**
 * Reads everything an administrator decides into one snapshot.
 *
 * The epoch is read first: rows that change afterwards raise the stored epoch above it, and then nothing commits with this
 * snapshot.
 */
export async function loadDirectory(deps: DirectoryDeps): Promise<ResourceDirectory> {
  const epoch = await readEpoch(deps.database, deps.scope);
  return readDirectory(deps.database.kysely, epoch, deps);
}

/**
 * The directory that the rows make. Throws where the trust they state makes no sense: inside the transaction of a change,
 * so that what no replica could work with is never committed.
 */
export async function readDirectory(
  queries: Database<AuthServerSchema>['kysely'],
  epoch: number,
  deps: Omit<DirectoryDeps, 'database'>,
): Promise<ResourceDirectory> {
  const customers = await queries.selectFrom('customers').selectAll().execute();
  const issuers = await queries.selectFrom('trusted_issuers').selectAll().execute();
  const clients = await queries.selectFrom('as_clients').selectAll().execute();
  const secrets = await queries.selectFrom('as_client_secrets').selectAll().execute();
  const resources = await queries.selectFrom('as_resources').selectAll().orderBy('identifier').execute();
  const trustedIssuers = issuers.map((row) => trustedIssuerOf(row, deps));
  const directory = buildDirectory({
    epoch,
    customers: customers.map((row) => ({
      customerId: row.customer_id,
      name: row.name ?? undefined,
      state: row.state === 'active' ? 'active' : 'disabled',
    })),
    trustedIssuers,
    clients: clients.map((row) => clientOf(row, secrets, deps)),
    documents: deps.documents,
    resources: resources.map((row) => resourceOf(row, deps.secrets)),
  });
  checkTrust(deps.issuer, trustedIssuers, directory); // LES-73
  return directory;
}

function trustedIssuerOf(row: TrustedIssuerRow, deps: TrustDeps): TrustedIssuer {
  const settings = JSON.parse(row.settings) as Omit<TrustedIssuerSettings, 'issuer' | 'customer' | 'state'>;
  return trustedIssuerFrom(
    {
      ...settings,
      issuer: row.issuer,
      customer: row.customer_id,
      state: row.state === 'active' ? 'active' : 'disabled',
    },
    deps,
  );
}

function clientOf(
  row: ClientRow,
  secrets: readonly ClientSecretRow[],
  deps: Omit<DirectoryDeps, 'database'>,
): ResourceClient {
  const own = secrets.filter((secret) => secret.client_id === row.client_id);
  const macOf = (secret: string): string => deps.secrets.mac(clientSecretPurpose, secret);
  return {
    clientId: row.client_id,
    name: row.name ?? undefined,
    customerIds: row.customer_id === null ? undefined : [row.customer_id],
    authMethods: JSON.parse(row.auth_methods) as ResourceClient['authMethods'],
    verifySecret: own.length === 0 ? undefined : secretsVerifier(own, macOf, deps.clock),
    assertions: assertionsOf(row.client_id, keysOf(row), row.token_endpoint_audience === 1, deps),
    grantTypes: JSON.parse(row.grant_types) as string[],
    scopes: row.scopes === null ? undefined : (JSON.parse(row.scopes) as string[]),
    dpopRequired: row.dpop_required !== 0,
    state: row.state === 'active' ? 'active' : 'blocked',
  };
}

function keysOf({ assertion_keys: keys }: ClientRow): ClientKeySettings | undefined {
  return keys === null ? undefined : (JSON.parse(keys) as ClientKeySettings);
}

/** Expiry is judged at use: a snapshot may be older than the end of a rotation. */
function secretsVerifier(
  own: readonly ClientSecretRow[],
  macOf: (secret: string) => string,
  clock: () => number,
): (secret: string) => boolean {
  const verifiers = own.map((secret) => ({ expiresAt: secret.expires_at, verify: macVerifier([secret.mac], macOf) }));
  return (presented) => {
    const now = clock();
    return verifiers.some(({ expiresAt, verify }) => (expiresAt === null || expiresAt > now) && verify(presented)); // CAU-06
  };
}

function resourceOf(row: GovernedResourceRow, secrets: SecretBox): GovernedResource {
  const mac = row.introspection_mac;
  return governedResourceFrom(
    {
      identifier: row.identifier,
      name: row.name ?? undefined,
      scopes: JSON.parse(row.scopes) as string[],
      accessTokenSeconds: row.access_token_seconds ?? undefined,
      signOnByScope:
        row.sign_on_by_scope === null
          ? undefined
          : (JSON.parse(row.sign_on_by_scope) as GovernedResource['signOnByScope']),
      accessTokens: row.access_tokens ?? undefined,
      dpopRequired: row.dpop_required !== 0,
    },
    mac === null ? undefined : macVerifier([mac], (secret) => secrets.mac(introspectionSecretPurpose, secret)),
  );
}
