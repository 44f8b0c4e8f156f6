import {
  type Clock,
  faultResponse,
  type JsonObject,
  jsonResponse,
  limits,
  newId,
  ok,
  type PlainResponse,
  protectedResourceMetadata,
  protectedResourceMetadataUrl,
  type Refusal,
  type Result,
  refuse,
  type ScopeSet,
  toSeconds,
} from '@crossgrant/protocol';
import { type AuthInfo, authInfoOf } from './auth-info.ts';
import {
  type AuthenticationNeeds,
  authorizeAuthentication,
  authorizeOperations,
  authorizeScopes,
  needsOfScopes,
} from './authorize-message.ts';
import { type BearerRequest, readAccessToken } from './bearer-header.ts';
import { challengeResponse, schemesFor } from './challenge-response.ts';
import { createIntrospectingVerifier } from './introspect-access-token.ts';
import { type McpMessage, readMcpMessage } from './mcp-message.ts';
import { createPossessionGate, type PossessionGate } from './prove-possession.ts';
import { scopeReach } from './scope-hierarchy.ts';
import {
  algorithmsOf,
  checkSettings,
  fetchOf,
  keysOf,
  proofAlgorithmsOf,
  type ResourceServerEvent,
  type ResourceServerOptions,
} from './settings.ts';
import { createAccessTokenVerifier, type TokenVerifier } from './verify-access-token.ts';

/** A request that was let in, with its caller, or the response that turns it away. There is nothing in between. */
export type Admission =
  | { readonly admitted: true; readonly auth: AuthInfo; readonly message: McpMessage | undefined }
  | { readonly admitted: false; readonly response: PlainResponse };

export interface AdmissionNeeds {
  readonly scopes?: ScopeSet;
  readonly authentication?: AuthenticationNeeds;
  /** Reads a JSON-RPC body, to be judged operation by operation. Called only once the caller is known. */
  readonly message?: () => Promise<Result<string>>;
}

/** The gate in front of one protected resource. */
export interface ResourceServer {
  readonly resource: string;
  readonly metadataUrl: string;
  readonly metadataPath: string;
  metadata(): JsonObject;
  /** The metadata document, if that is what is asked for. */
  serveMetadata(method: string, path: string): PlainResponse | undefined;
  authenticate(request: BearerRequest): Promise<Result<AuthInfo>>;
  authorizeScopes(auth: AuthInfo, scopes: ScopeSet): Result<void>;
  authorizeAuthentication(auth: AuthInfo, needs: AuthenticationNeeds): Result<void>;
  authorizeMessage(auth: AuthInfo, request: BearerRequest, body: string): Result<McpMessage>;
  challenge(refusal: Refusal, id?: string, request?: BearerRequest): PlainResponse;
  /** All of the above in order, faults included: what adapters call. A caller it has let in before is only asked for what is needed now. */
  admit(request: BearerRequest, needs?: AdmissionNeeds, known?: AuthInfo): Promise<Admission>;
}

const verdictsByDefault = 5_000;
const verdictsOfIntrospection = 20_000;

/**
 * Protects one resource with access tokens of one authorization server.
 *
 * Header, proof of possession, signature or introspection, audience, time, revocation, scope: in this order, each time.
 *
 * RFC 9068 §4, RFC 6750, RFC 9449 §7, RFC 9728, MCP 2026-07-28 authorization.
 */
export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  checkSettings(options);
  const clock = options.clock ?? Date.now;
  const gate = gateOf(options, clock);
  const metadataUrl = protectedResourceMetadataUrl(options.resource);
  const metadataPath = new URL(metadataUrl).pathname;
  const proofAlgorithms = proofAlgorithmsOf(options);
  const dpopRequired = options.dpop?.required === true;
  const document = protectedResourceMetadata({
    ...options,
    authorizationServers: [options.authorizationServer],
    dpopAlgorithms: proofAlgorithms, // DPO-10
    dpopRequired, // DPO-10
  });
  const initialScope = (options.initialScopes ?? options.scopesSupported).filter((scope) => scope !== 'offline_access'); // MCP-14

  const server: ResourceServer = {
    resource: options.resource,
    metadataUrl,
    metadataPath,
    metadata: () => document,
    serveMetadata: (method, path) => (path === metadataPath ? metadataResponse(method, document) : undefined), // MET-09
    authenticate: (request) => authenticate(request, gate),
    authorizeScopes(auth, scopes) {
      const authorized = authorizeScopes(auth, scopes);
      if (!authorized.ok) return authorized;
      return authorizeAuthentication(auth, needsOfScopes(scopes, options), toSeconds(clock()), scopes); // RSV-05
    },
    authorizeAuthentication: (auth, needs) => authorizeAuthentication(auth, [needs], toSeconds(clock())),
    authorizeMessage(auth, request, body) {
      const message = readMcpMessage(body, request.headers);
      if (!message.ok) return message;
      const authorized = authorizeOperations(auth, message.value.operations, options, toSeconds(clock()));
      return authorized.ok ? message : authorized;
    },
    challenge: (refusal, id = newId('req'), request) =>
      challengeResponse(refusal, {
        id,
        resourceMetadata: metadataUrl,
        initialScope,
        proofAlgorithms,
        schemes: schemesFor(refusal, request, dpopRequired), // RSV-03
      }),
    admit: (request, needs = {}, known) => admit(server, request, needs, options, known),
  };
  return server;
}

interface Gate {
  readonly verify: TokenVerifier;
  readonly possession: PossessionGate;
  readonly reach: (scope: ScopeSet) => ScopeSet;
  readonly isRevoked: (auth: AuthInfo) => boolean | Promise<boolean>;
}

function gateOf(options: ResourceServerOptions, clock: Clock): Gate {
  return {
    verify:
      options.introspection === undefined ? signatureVerifier(options, clock) : introspectingVerifier(options, clock),
    possession: createPossessionGate(options, clock),
    reach: scopeReach(options.scopeHierarchy ?? {}),
    isRevoked: options.isRevoked ?? (() => false),
  };
}

function signatureVerifier(options: ResourceServerOptions, clock: Clock): TokenVerifier {
  return createAccessTokenVerifier({
    resource: options.resource,
    authorizationServer: options.authorizationServer,
    keys: keysOf(options, clock),
    algorithms: algorithmsOf(options),
    clock,
    skewSeconds: options.skewSeconds ?? limits.skewSeconds,
    maximumVerdicts: options.maximumVerdicts ?? verdictsByDefault,
  });
}

function introspectingVerifier(options: ResourceServerOptions, clock: Clock): TokenVerifier {
  const {
    endpoint,
    secret,
    clientId = options.resource,
    cacheSeconds = 10,
  } = options.introspection ?? { endpoint: '', secret: '' };
  return createIntrospectingVerifier({
    resource: options.resource,
    authorizationServer: options.authorizationServer,
    endpoint,
    clientId,
    secret,
    fetch: fetchOf(options),
    clock,
    skewSeconds: options.skewSeconds ?? limits.skewSeconds,
    cacheSeconds,
    maximumVerdicts: options.maximumVerdicts ?? verdictsOfIntrospection,
  });
}

async function authenticate(request: BearerRequest, gate: Gate): Promise<Result<AuthInfo>> {
  const presented = readAccessToken(request);
  if (!presented.ok) return presented;
  const proof = gate.possession.verify(request, presented.value);
  if (!proof.ok) return proof; // RSV-03
  const claims = await gate.verify(presented.value.token, proof.value?.jkt);
  if (!claims.ok) return claims;
  const auth = authInfoOf(claims.value, gate.reach);
  if (await gate.isRevoked(auth)) return refuse('bearer/inactive', { jti: auth.jti }); // LES-36
  const used = proof.value === undefined ? ok(undefined) : await gate.possession.use(proof.value);
  return used.ok ? ok(auth) : used; // RSV-03
}

async function admit(
  server: ResourceServer,
  request: BearerRequest,
  needs: AdmissionNeeds,
  options: ResourceServerOptions,
  known?: AuthInfo,
): Promise<Admission> {
  try {
    const auth = known === undefined ? await server.authenticate(request) : ok(known);
    if (!auth.ok) return turnAway(server, request, auth.refusal, options);
    const message = await authorize(server, auth.value, request, needs);
    if (!message.ok) return turnAway(server, request, message.refusal, options, auth.value);

    const { jti, subject, clientId } = auth.value;
    report(options, { outcome: 'allow', jti, subject, clientId, operations: message.value?.operations });
    return { admitted: true, auth: auth.value, message: message.value };
  } catch (error) {
    return turnAwayAfterFault(error, options);
  }
}

async function authorize(
  server: ResourceServer,
  auth: AuthInfo,
  request: BearerRequest,
  needs: AdmissionNeeds,
): Promise<Result<McpMessage | undefined>> {
  const scopes = server.authorizeScopes(auth, needs.scopes ?? []);
  if (!scopes.ok) return scopes; // RSV-04
  const authentication = server.authorizeAuthentication(auth, needs.authentication ?? {});
  if (!authentication.ok) return authentication; // RSV-05
  if (needs.message === undefined) return ok(undefined);
  const body = await needs.message();
  return body.ok ? server.authorizeMessage(auth, request, body.value) : body;
}

function turnAway(
  server: ResourceServer,
  request: BearerRequest,
  refusal: Refusal,
  options: ResourceServerOptions,
  auth?: AuthInfo,
): Admission {
  const id = newId('req');
  const response = server.challenge(refusal, id, request);
  report(options, {
    outcome: 'refused',
    id,
    code: refusal.code,
    detail: refusal.detail,
    jti: auth?.jti,
    subject: auth?.subject,
    clientId: auth?.clientId,
  });
  return { admitted: false, response };
}

/** A gate that cannot say yes or no turns the request away. */
function turnAwayAfterFault(error: unknown, options: ResourceServerOptions): Admission {
  const id = newId('req');
  report(options, { outcome: 'fault', id, error });
  return { admitted: false, response: faultResponse('temporarily_unavailable', id) }; // LES-86
}

/** A log that fails changes no decision. */
function report(options: ResourceServerOptions, event: ResourceServerEvent): void {
  try {
    options.report?.(event);
  } catch {
    // nobody is left to tell
  }
}

/** Metadata is public: cached for a while, readable from any page. RFC 9728 §3.2. */
function metadataResponse(method: string, document: JsonObject): PlainResponse {
  if (method !== 'GET' && method !== 'HEAD')
    return jsonResponse(405, { error: 'invalid_request' }, { allow: 'GET, HEAD' });
  return jsonResponse(200, document, {
    'cache-control': 'public, max-age=300', // MET-12
    'access-control-allow-origin': '*', // MET-12
    pragma: '',
  });
}
