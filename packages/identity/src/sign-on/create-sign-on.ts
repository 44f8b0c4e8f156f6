import { type IncomingMessage, ServerResponse } from 'node:http';
import { createGuardedFetch, isStoreFault, KeysUnavailable, Misuse } from '@crossgrant/platform';
import {
  decodeUtf8,
  faultResponse,
  isFormMediaType,
  type JsonObject,
  newId,
  type PlainResponse,
  parseIssuerUrl,
  plainHeaders,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import { createDpopVerifier } from '@crossgrant/protocol/jws';
import { Provider } from 'oidc-provider/lib/provider.js';
import { findClientApp } from '../clients/client-app.ts';
import { createDescribeClient, hasDocument } from '../clients/client-documents.ts';
import { createClientKeys } from '../clients/client-keys.ts';
import { createPasswordVerifier } from '../people/password.ts';
import { sweepArtifacts } from '../store/artifacts.ts';
import { proveSender } from './client-edge.ts';
import { providerConfiguration } from './configuration.ts';
import { cookieNames, createCookieJar } from './cookies.ts';
import { passwordAssurance, type SignOnDeps, type SignOnOptions, signOnDefaults } from './deps.ts';
import { watchFailures } from './failures.ts';
import { isSignOnPath, serveNothing, serveSignOn } from './interaction.ts';
import { overrideModels } from './models.ts';
import { judgePossession, overridePossession } from './possession.ts';
import { headerPairs, pathBelowIssuer, readWholeBody, requestForProvider, withDefaultScope } from './request-edge.ts';

export interface SignOn {
  /** Serves authorization, token (code and refresh), userinfo, logout, revocation and the sign-on pages. */
  callback(request: IncomingMessage, response: ServerResponse, body?: Buffer): Promise<void>;
  /** What oidc-provider says about itself. */
  discovery(): Promise<JsonObject>;
}

/**
 * Sign-on of one tenant: oidc-provider, certified and maintained, with everything that must be decided atomically,
 * audited or revoked at once put in its place.
 *
 * OpenID Connect Core, RFC 9700, RFC 9207.
 */
export function createSignOn(options: SignOnOptions): SignOn {
  const deps = completeDeps(options);
  const provide = createProviderSource(deps);
  const sweep = createSweeper(deps);

  return {
    async callback(request, response, body) {
      sweep();
      try {
        await serve(deps, provide(), request, response, body);
      } catch (error) {
        answerFault(deps, response, error);
      }
    },
    discovery: () => readDiscovery(deps, provide()),
  };
}

function completeDeps(options: SignOnOptions): SignOnDeps {
  const { tenant, database, snapshotClients } = options;
  const describeClient = options.describeClient ?? createDescribeClient(undefined);
  if (!parseIssuerUrl(tenant.issuer, { allowHttpLoopback: options.development }).ok) {
    throw new Misuse(
      'sign-on/issuer',
      `The issuer ${tenant.issuer} must be an https URL; http on this machine is for development only.`,
    );
  }
  return {
    ...options,
    tenantId: tenant.id,
    tenantName: tenant.name ?? new URL(tenant.issuer).host,
    issuer: tenant.issuer,
    sessionSeconds: options.sessionSeconds ?? signOnDefaults.sessionSeconds,
    passwords: createPasswordVerifier(),
    clientKeys:
      options.clientKeys ??
      createClientKeys({ fetch: createGuardedFetch({ development: options.development }), clock: options.clock }),
    proofs: options.proofs ?? { verify: createDpopVerifier() },
    tokenEndpoint: `${tenant.issuer.replace(/\/$/, '')}/token`,
    passwordAssurance: passwordAssurance(options.password),
    findClient: async (clientId) => {
      const app = snapshotClients ? snapshotClients(clientId) : await findClientApp(database, tenant.id, clientId);
      if (!hasDocument(app)) return app;
      const described = await describeClient(app);
      if (!described.ok)
        options.log.warn({ client: clientId, ...described.refusal.detail }, 'a client is not described');
      return described.ok ? described.value : undefined; // CID-05
    },
  };
}

/** One provider per version of the key set, since it takes its keys once. */
function createProviderSource(deps: SignOnDeps): () => RunningProvider {
  let current: (RunningProvider & { readonly version: number }) | undefined;
  return () => {
    const { version } = deps.keyRing;
    if (current?.version !== version) {
      const provider = createProvider(deps);
      current = { version, provider, handle: provider.callback() };
    }
    return current;
  };
}

interface RunningProvider {
  readonly provider: Provider;
  readonly handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>;
}

/** Removes expired rows now and then, beside the requests. */
function createSweeper(deps: SignOnDeps): () => void {
  let next = deps.clock() + sweepEveryMilliseconds;
  return () => {
    const now = deps.clock();
    if (now < next) return;
    next = now + sweepEveryMilliseconds;
    sweepArtifacts(deps.database, now).catch((error: unknown) =>
      deps.log.warn({ err: error }, 'expired sign-on rows were not removed'),
    );
  };
}

const sweepEveryMilliseconds = 60_000;

function createProvider(deps: SignOnDeps): Provider {
  const provider = new Provider(deps.issuer, providerConfiguration(deps));
  const names = cookieNames(deps.issuer);
  const isSecure = deps.issuer.startsWith('https:');
  const macOf = (id: string): string => deps.secretBox.mac('sign-on-interaction', JSON.stringify([deps.tenantId, id]));
  provider.proxy = true;
  const createContext = provider.createContext.bind(provider);
  provider.createContext = (req, res) => {
    const ctx = createContext(req, res);
    Object.defineProperty(ctx, 'cookies', {
      value: createCookieJar(req, res, { names, isSecure, macOf }),
      configurable: true,
    });
    return ctx;
  };
  overrideModels(provider, deps);
  overridePossession(provider, deps);
  watchFailures(provider, deps);
  return provider;
}

async function serve(
  deps: SignOnDeps,
  running: RunningProvider,
  request: IncomingMessage,
  response: ServerResponse,
  given: Buffer | undefined,
): Promise<void> {
  const body = given ?? (await readWholeBody(request));
  if (body === undefined) return refuseRequest(response, 'request/too-large');
  const text = decodeUtf8(body);
  if (text === undefined) return refuseRequest(response, 'request/malformed-form'); // ATK-46
  const path = pathBelowIssuer(request, deps.issuer)?.split('?', 1)[0];
  const address = deps.addressOf?.(request) ?? request.socket.remoteAddress ?? '';
  const { provider } = running;
  const edge = { issuer: deps.issuer, address };

  if (path === undefined || !isServed(path)) return serveNothing({ provider, deps, req: request, res: response }); // LES-69
  if (request.method === 'POST' && getInsteadOf.has(path)) {
    const query = isForm(request) ? new URLSearchParams(text).toString() : ''; // LES-30
    return end(response, 303, {
      location: `${deps.issuer.replace(/\/$/, '')}${path}?${query}`,
      'cache-control': 'no-store',
    });
  }
  if (clientEndpoints.has(path)) {
    if (request.method !== 'POST') return refuseRequest(response, 'request/method', { allow: 'POST' });
    const proven = await proveSender(deps, request, text, address);
    if (!proven.ok) return endWith(response, proven.response);
    const { clientId: client, dpopRequired: isRequired } = proven;
    const possession =
      path === '/token'
        ? await judgePossession(deps, { request, path, address, clientId: client, isRequired })
        : noProof;
    if (!possession.ok) return endWith(response, possession.response);
    const onward = { ...edge, client, proof: possession.proof };
    return running.handle(requestForProvider(request, proven.body ?? body, onward), response);
  }
  const possession = path === '/userinfo' ? await judgePossession(deps, { request, path, address }) : noProof;
  if (!possession.ok) return endWith(response, possession.response);
  const req = requestForProvider(request, body, { ...edge, proof: possession.proof });
  req.url = withDefaultScope(req.url ?? '/');
  if (isSignOnPath(path)) return serveSignOn({ provider, deps, req, res: response }, text);
  await running.handle(req, response);
}

/** Proofs are taken at the token endpoint and at userinfo; elsewhere the header means nothing and is left out. */
const noProof = { ok: true, proof: undefined } as const;

/** Forms sent here from other sites arrive without cookies; the same parameters in a navigation bring them. SSO-05. */
const getInsteadOf = new Set(['/authorize', '/logout']);
const clientEndpoints = new Set(['/token', '/revoke']);

/**
 * The paths there are, to the letter. oidc-provider would also take them in other case, with percent escapes and with a
 * slash at the end, past every check here and in front that goes by the path.
 */
function isServed(path: string): boolean {
  return servedPath.test(path) || isSignOnPath(path);
}

const servedPath =
  /^\/(?:authorize(?:\/[A-Za-z0-9_-]{1,128})?|token|userinfo|revoke|logout(?:\/(?:confirm|success))?|jwks|\.well-known\/openid-configuration)$/;

function isForm(request: IncomingMessage): boolean {
  return isFormMediaType(plainHeaders(headerPairs(request.rawHeaders))).ok;
}

/** Asks oidc-provider for its metadata without a socket. */
async function readDiscovery(deps: SignOnDeps, running: RunningProvider): Promise<JsonObject> {
  const asked = {
    method: 'GET',
    url: '/.well-known/openid-configuration',
    headers: { accept: 'application/json' },
    rawHeaders: [],
    socket: {},
  };
  const req = requestForProvider(asked as unknown as IncomingMessage, Buffer.alloc(0), {
    issuer: deps.issuer,
    address: '',
  });
  const res = new ServerResponse(req);
  const text = await new Promise<string>((resolve, reject) => {
    res.end = ((chunk: unknown) => {
      resolve(String(chunk));
      return res;
    }) as typeof res.end;
    running.handle(req, res).catch(reject);
  });
  return JSON.parse(text) as JsonObject;
}

function answerFault(deps: SignOnDeps, response: ServerResponse, error: unknown): void {
  const id = newId('aud', deps.clock());
  deps.log.error({ err: error, id }, 'sign-on failed');
  if (response.headersSent) return void response.destroy();
  const isUnavailable = isStoreFault(error) || error instanceof KeysUnavailable; // KEY-05
  const answer = faultResponse(isUnavailable ? 'temporarily_unavailable' : 'server_error', id);
  end(response, answer.status, answer.headers, answer.body);
}

function refuseRequest(
  response: ServerResponse,
  code: 'request/too-large' | 'request/malformed-form' | 'request/method',
  more: Record<string, string> = {},
): void {
  const { status, headers, body } = refusalResponse(refuse(code).refusal, { id: newId('aud') });
  end(response, status, { ...headers, ...more }, body);
}

function endWith(response: ServerResponse, { status, headers, body }: PlainResponse): void {
  end(response, status, headers, body);
}

function end(response: ServerResponse, status: number, headers: Record<string, string>, body?: string): void {
  response.writeHead(status, headers);
  response.end(body);
}
