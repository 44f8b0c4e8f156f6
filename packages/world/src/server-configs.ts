import type { AuthServerConfig } from '@crossgrant/authserver';
import type { IdpConfig, PolicySection } from '@crossgrant/idp';
import type { PublicJwks } from './schema/fields.ts';
import type { World } from './schema/world.ts';
import { type SecretSources, secretReader } from './secrets.ts';

/** What the IdP of this world is started with, its secrets resolved. Throws where the world has no IdP. */
export function toIdpConfig(world: World, sources?: SecretSources): IdpConfig {
  const { idp } = world;
  if (idp === undefined) throw new Error('This world has no idp section.');
  const secretAt = secretReader(world, sources);
  const [tenant] = Object.entries(idp.tenants);
  return {
    development: world.development,
    issuer: idp.issuer,
    listen: idp.listen,
    database: secretAt('idp', 'database') ?? '',
    keyFile: idp.keyFile,
    tenant: { name: tenant?.[1].name ?? tenant?.[0] ?? 'default' },
    people: idp.people.map((person, index) => ({ ...person, password: secretAt('idp', 'people', index, 'password') })),
    policy: toPolicySection(world, secretAt),
    signOn: idp.signOn,
    clientMetadataDocuments: idp.clientMetadataDocuments,
    publicClients: idp.publicClients,
    sessionSeconds: idp.sessionSeconds,
    exchangeLimits: idp.exchangeLimits,
    admin: idp.admin,
    dpopNonces: idp.dpopNonces,
  };
}

/** What the authorization server of this world is started with. Throws where the world has none. */
export function toAuthServerConfig(world: World, sources?: SecretSources): AuthServerConfig {
  const { authserver } = world;
  if (authserver === undefined) throw new Error('This world has no authserver section.');
  const secretAt = secretReader(world, sources);
  return {
    development: world.development,
    issuer: authserver.issuer,
    listen: authserver.listen,
    database: secretAt('authserver', 'database') ?? '',
    keyFile: authserver.keyFile,
    customers: authserver.customers,
    clientMetadataDocuments: authserver.clientMetadataDocuments,
    clients: authserver.clients.map(({ auth, ...client }, index) => ({
      ...client,
      auth: authOf(auth, secretAt('authserver', 'clients', index, 'auth', 'secret')) ?? {},
    })),
    trustedIssuers: authserver.trustedIssuers.map((trusted) => ({
      ...trusted,
      customer: trusted.tenant !== undefined && 'map' in trusted.tenant ? undefined : trusted.customer,
    })),
    resources: authserver.resources.map(({ tools: _tools, ...resource }, index) => ({
      ...resource,
      introspectionSecret: secretAt('authserver', 'resources', index, 'introspectionSecret'),
      signOnByScope: signOnNeeds(resource.signOnByScope),
    })),
    accounts: authserver.accounts,
    dpopNonces: authserver.dpopNonces,
    jwtDpopGrant: authserver.jwtDpopGrant,
  };
}

/** Demands of a world file in the words of the resource side. */
export function signOnNeeds(
  demands: Readonly<Record<string, { acr?: readonly string[]; maxAge?: number }>> | undefined,
): Readonly<Record<string, { acrValues?: readonly string[]; maxAgeSeconds?: number }>> | undefined {
  if (demands === undefined) return undefined;
  const entries = Object.entries(demands).map(([name, { acr, maxAge }]) => [
    name,
    { ...(acr && { acrValues: acr }), ...(maxAge !== undefined && { maxAgeSeconds: maxAge }) },
  ]);
  return Object.fromEntries(entries) as ReturnType<typeof signOnNeeds>;
}

function toPolicySection(world: World, secretAt: ReturnType<typeof secretReader>): PolicySection {
  const { clientApps = [], resourceApps = [], connections = [], rules = [], signOnByRisk } = world.policy ?? {};
  return {
    clientApps: clientApps.map(({ auth, idTokenAlgorithm, name, ...app }, index) => ({
      ...app,
      name: name ?? app.id,
      auth: authOf(auth, secretAt('policy', 'clientApps', index, 'auth', 'secret')),
      idTokenSignedResponseAlg: idTokenAlgorithm,
    })),
    resourceApps,
    connections,
    signOnByRisk,
    rules: rules.map(({ people, ...rule }) => ({ ...rule, users: people })),
  };
}

interface ClientAuth<Method> {
  readonly method: readonly Method[];
  readonly jwks?: PublicJwks;
  readonly jwksUri?: string;
  readonly tokenEndpointAudience: boolean;
}

/** Nothing for a client that describes itself. */
function authOf<Method>(auth: ClientAuth<Method> | undefined, secret: string | undefined) {
  if (auth === undefined) return undefined;
  const { method: methods, jwks, jwksUri, tokenEndpointAudience } = auth;
  const keys = jwks !== undefined ? { jwks } : jwksUri !== undefined ? { jwksUri } : undefined;
  return { methods, secret, keys, tokenEndpointAudience };
}
