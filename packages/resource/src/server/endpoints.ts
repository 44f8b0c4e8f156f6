import { wellKnownUrls } from '@crossgrant/protocol';

/** Where an authorization server answers. All paths stand under the path of its issuer. */
export interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly introspection: string;
  readonly revocation: string;
  readonly jwks: string;
  /** Every path at which the metadata is found. */
  readonly metadataPaths: readonly string[];
}

/** RFC 8414 §3.1: for an issuer with a path the well-known part goes in front of it. */
export function endpointsOf(issuer: string): Endpoints {
  const base = issuer.endsWith('/') ? issuer.slice(0, -1) : issuer;
  return {
    authorization: `${base}/authorize`,
    token: `${base}/token`,
    introspection: `${base}/introspect`,
    revocation: `${base}/revoke`,
    jwks: `${base}/jwks`,
    metadataPaths: wellKnownUrls(issuer).all.map((url) => new URL(url).pathname), // MET-06
  };
}

export function pathOf(url: string): string {
  return new URL(url).pathname;
}
