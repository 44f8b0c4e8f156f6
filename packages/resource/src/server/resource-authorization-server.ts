import { type ClientMetadataResolver, isStoreFault, KeysUnavailable, Misuse, type Route } from '@crossgrant/platform';
import {
  type Clock,
  type DpopNonces,
  dpopTarget,
  faultResponse,
  type JsonObject,
  newId,
  type PlainHandler,
} from '@crossgrant/protocol';
import type { PublicJwk, SignatureAlgorithm, SigningKey, VerificationKey } from '@crossgrant/protocol/jws';
import { createDpopVerifier } from '@crossgrant/protocol/jws';
import { createRefusalCounter } from '../audit/refusal-counter.ts';
import type { ResourceDirectory } from '../directory/resource-directory.ts';
import { introspect } from '../introspection/introspect.ts';
import type { RedemptionProofs } from '../redemption/context.ts';
import { redeem } from '../redemption/redeem.ts';
import type { Trace } from '../redemption/step.ts';
import { revoke } from '../revocation/revoke.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import { authorizePage } from './authorize-page.ts';
import { endpointsOf, pathOf } from './endpoints.ts';
import { homeRoute } from './home-page.ts';
import { jwksResponse, metadataOf, metadataResponse } from './public-documents.ts';

/** What signs access tokens and what is published about it. A key ring of the platform is one. */
export interface SigningKeys {
  signingKey(alg: SignatureAlgorithm): SigningKey;
  verificationKeys(): readonly VerificationKey[];
  publicJwks(): { readonly keys: readonly PublicJwk[] };
  /** Resolves when keys are held that were read after this call. */
  reload?(): Promise<void>;
}

/** The part of a logger that faults go to. */
export interface FaultLog {
  error(fields: object, message: string): void;
}

export interface ResourceAuthorizationServerOptions {
  readonly issuer: string;
  readonly store: ResourceStore;
  readonly keys: SigningKeys;
  /** Signs access tokens; ES256 unless stated. */
  readonly accessTokenAlgorithm?: SignatureAlgorithm;
  readonly clock?: Clock;
  readonly log?: FaultLog;
  /** The page that explains a decision to those who may know, by its id. */
  readonly explainUrl?: string;
  /** The name of this server in audit rows; `ras` unless stated. */
  readonly auditScope?: string;
  readonly dpop?: { readonly nonces?: DpopNonces; readonly jwtDpopGrant?: boolean };
  readonly trace?: Trace;
  /** Reads clients whose id is the URL of their metadata document; absent: there are none. */
  readonly clientDocuments?: ClientMetadataResolver;
  /** The server stands among pages of the builder: the path of its issuer stays theirs. */
  readonly isEmbedded?: boolean;
  directory(): ResourceDirectory;
  /** Reads the directory again, at an epoch that is at least the store's epoch of this moment. */
  refreshDirectory(): Promise<void>;
}

/** Handlers over plain requests, to be mounted wherever the builder's server routes. */
export interface ResourceAuthorizationServer {
  readonly issuer: string;
  readonly token: PlainHandler;
  readonly introspect: PlainHandler;
  readonly revoke: PlainHandler;
  readonly authorize: PlainHandler;
  metadata(): JsonObject;
  jwks(): { readonly keys: readonly PublicJwk[] };
  /** Everything above with its method and path. */
  routes(): readonly Route[];
  /** Writes what is only counted so far. It does not close the store. */
  close(): Promise<void>;
}

/** The resource authorization server as plain functions: no port, no framework, no state but what its store holds. */
export function createResourceAuthorizationServer(
  options: ResourceAuthorizationServerOptions,
): ResourceAuthorizationServer {
  const { issuer, store, keys, directory, refreshDirectory, explainUrl, trace } = options;
  const clock = options.clock ?? Date.now;
  const auditScope = options.auditScope ?? 'ras';
  const algorithm = options.accessTokenAlgorithm ?? 'ES256';
  const refusals = createRefusalCounter({
    scope: auditScope,
    clock,
    append: (entry) => store.appendAudit(entry),
    onProblem: (error) => options.log?.error({ err: error }, 'counted refusals could not be written'),
  });
  const jwtDpopGrant = options.dpop?.jwtDpopGrant === true;
  const deps = {
    issuer,
    proofs: redemptionProofs(issuer, options.dpop?.nonces),
    jwtDpopGrant,
    store,
    clock,
    auditScope,
    refusals,
    explainUrl,
    trace,
    clientDocuments: options.clientDocuments,
    directory,
    refreshDirectory,
    signingKey: () => keys.signingKey(algorithm),
    verificationKeys: () => keys.verificationKeys(),
  };
  const guarded = (handler: PlainHandler): PlainHandler => withFaults(handler, clock, options.log);
  const metadata = (): JsonObject =>
    metadataOf(issuer, directory(), { jwtDpopGrant, clientDocuments: options.clientDocuments !== undefined });
  const server = {
    issuer,
    token: guarded((request) => redeem(request, deps)),
    introspect: guarded((request) => introspect(request, deps)),
    revoke: guarded((request) => revoke(request, deps)),
    authorize: guarded(async () => authorizePage()),
    metadata,
    jwks: () => keys.publicJwks(),
    close: () => refusals.close(),
  };
  const home = options.isEmbedded === true ? [] : [homeRoute(issuer)];
  return { ...server, routes: () => [...routesOf(server), ...home] };
}

function redemptionProofs(issuer: string, nonces: DpopNonces | undefined): RedemptionProofs {
  const { token } = endpointsOf(issuer);
  const target = dpopTarget(token);
  if (target === undefined) throw new Misuse('server/issuer', `The token endpoint ${token} is no plain address.`);
  return { verify: createDpopVerifier(), target, nonces };
}

/** A fault ends as 503 or 500 with an id; nothing of it reaches the caller. */
function withFaults(handler: PlainHandler, clock: Clock, log: FaultLog | undefined): PlainHandler {
  return async (request) => {
    try {
      return await handler(request);
    } catch (error) {
      const id = newId('aud', clock());
      log?.error({ err: error, id, path: request.path }, 'a request failed');
      const isUnavailable = isStoreFault(error) || error instanceof KeysUnavailable; // ATK-11
      return faultResponse(isUnavailable ? 'temporarily_unavailable' : 'server_error', id);
    }
  };
}

function routesOf(server: Omit<ResourceAuthorizationServer, 'routes' | 'close'>): readonly Route[] {
  const endpoints = endpointsOf(server.issuer);
  const metadata: PlainHandler = async () => metadataResponse(server.metadata());
  return [
    { method: '*', path: pathOf(endpoints.token), handler: server.token },
    { method: '*', path: pathOf(endpoints.introspection), handler: server.introspect },
    { method: '*', path: pathOf(endpoints.revocation), handler: server.revoke },
    { method: 'GET', path: pathOf(endpoints.authorization), handler: server.authorize }, // MET-07
    { method: 'GET', path: pathOf(endpoints.jwks), handler: async () => jwksResponse(server.jwks()) },
    ...endpoints.metadataPaths.map((path) => ({ method: 'GET', path, handler: metadata })), // MET-06
  ];
}
