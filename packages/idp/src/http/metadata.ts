import type { SignOn } from '@crossgrant/identity';
import type { KeyRing, Route } from '@crossgrant/platform';
import {
  dpopAlgorithms,
  identityProviderMetadata,
  type JsonObject,
  type PlainResponse,
  wellKnownUrls,
} from '@crossgrant/protocol';

const provingMethods = ['private_key_jwt', 'client_secret_post', 'client_secret_basic'];
const cached = { 'cache-control': 'public, max-age=300' } as const;

/** The metadata of the tenant's issuer, the same object under every well-known URL, and its public keys. */
export async function metadataRoutes({
  issuer,
  signOn,
  keyRing,
  clientMetadataDocuments,
  publicClients,
}: {
  issuer: string;
  signOn: SignOn;
  keyRing: KeyRing;
  clientMetadataDocuments?: boolean;
  publicClients?: boolean;
}): Promise<readonly Route[]> {
  const document = await buildMetadata(issuer, signOn, {
    clientIdMetadataDocuments: clientMetadataDocuments === true, // CID-12
    clientAuthMethods: [...provingMethods, ...(publicClients === true ? ['none'] : [])], // CAU-04
  });
  const paths = wellKnownUrls(issuer).all.map((url) => new URL(url).pathname);
  return [
    ...[...new Set(paths)].map((path): Route => ({ method: 'GET', path, handler: async () => publicJson(document) })), // MET-06
    {
      method: 'GET',
      path: endpointPath(issuer, '/jwks.json'),
      handler: async () => publicJson(keyRing.publicJwks() as unknown as JsonObject),
    },
  ];
}

/** The path of an endpoint below the issuer's own path. */
export function endpointPath(issuer: string, path: string): string {
  return new URL(endpointUrl(issuer, path)).pathname;
}

export function endpointUrl(issuer: string, path: string): string {
  return `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}${path}`;
}

async function buildMetadata(
  issuer: string,
  signOn: SignOn,
  clients: { readonly clientIdMetadataDocuments: boolean; readonly clientAuthMethods: readonly string[] },
): Promise<JsonObject> {
  const discovered = await signOn.discovery();
  return identityProviderMetadata({
    issuer,
    authorizationEndpoint: textOf(discovered.authorization_endpoint) ?? endpointUrl(issuer, '/authorize'),
    tokenEndpoint: endpointUrl(issuer, '/token'),
    jwksUri: endpointUrl(issuer, '/jwks.json'),
    endSessionEndpoint: textOf(discovered.end_session_endpoint),
    userinfoEndpoint: textOf(discovered.userinfo_endpoint),
    revocationEndpoint: textOf(discovered.revocation_endpoint),
    dpopAlgorithms: [...dpopAlgorithms], // DPO-01
    ...clients,
    signOn: discovered, // SSO-04
  });
}

/** Metadata and keys are for everybody, browsers included; they carry nothing about the caller. RFC 8414 §3. */
function publicJson(document: JsonObject): PlainResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      ...cached, // MET-12
      'access-control-allow-origin': '*', // MET-12
      'x-content-type-options': 'nosniff',
    },
    body: JSON.stringify(document),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
