import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { grantTypes } from '@crossgrant/protocol';
import { importSigningKey } from '@crossgrant/protocol/jws';
import { type ContenderStart, resource, scope, strangerIssuer } from '../scenario.ts';
import { runContender } from './contender.ts';

const origin = 'https://auth.workers.example';
const jwksUri = `${strangerIssuer}/jwks`;

/**
 * @cloudflare/workers-oauth-provider on Node: its key-value store is a map in memory, which forgets nothing, and the keys
 * of the issuer come from memory as well. Everything else is the library as it ships.
 */
await runContender(async ({ issuerKey, scenario }) => {
  provideWorkersModule();
  serveKeysFromMemory(issuerKey);
  const { OAuthProvider, getOAuthApi } = await import('@cloudflare/workers-oauth-provider');
  const env = { OAUTH_KV: memoryStore() };
  const options = {
    apiRoute: '/mcp',
    apiHandler: { fetch: async () => new Response('') },
    defaultHandler: { fetch: async () => new Response('') },
    authorizeEndpoint: '/authorize',
    tokenEndpoint: '/token',
    clientRegistrationEndpoint: '/register',
    resourceMetadata: { resource },
    scopesSupported: [scope],
    accessTokenTTL: 600,
    enterpriseManagedAuthorization: {
      trustedIssuers: async ({ iss }: { iss: string }) =>
        iss === strangerIssuer ? { issuer: iss, jwksUri, algorithms: [scenario.received] } : null,
      mapClaims: async ({ claims, requestedScope }: { claims: { sub: string }; requestedScope: string[] }) => ({
        userId: claims.sub,
        scope: requestedScope.length === 0 ? [scope] : requestedScope,
        props: { sub: claims.sub },
      }),
    },
  };
  const provider = new OAuthProvider(options as never);
  const client = await getOAuthApi(options as never, env as never).createClient({
    redirectUris: ['https://agent.example/callback'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['authorization_code', 'refresh_token', grantTypes.jwtBearer],
  } as never);
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const server = createServer((request, response) => {
    void answer(request, response, (incoming) => provider.fetch(incoming as never, env as never, context as never));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    clientId: client.clientId,
    clientSecret: client.clientSecret ?? '',
    serverIssuer: origin,
    audience: origin,
    issuer: strangerIssuer,
    tokenKey: issuerKey,
    people: [],
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
});

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  fetch: (request: Request) => Promise<Response>,
): Promise<void> {
  const incoming = new Request(`${origin}${request.url}`, {
    method: request.method,
    headers: request.headers as Record<string, string>,
    body: await text(request),
  });
  const outgoing = await fetch(incoming);
  const body = Buffer.from(await outgoing.arrayBuffer());
  response.writeHead(outgoing.status, { ...Object.fromEntries(outgoing.headers), 'content-length': body.length });
  response.end(body);
}

/** The library imports one class from a module that only its own runtime has. */
function provideWorkersModule(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'cloudflare:workers'
        ? { url: 'data:text/javascript,export class WorkerEntrypoint {}', format: 'module', shortCircuit: true }
        : next(specifier, context),
  });
}

function serveKeysFromMemory(issuerKey: ContenderStart['issuerKey']): void {
  const document = { keys: [importSigningKey(issuerKey).publicJwk] };
  const network = globalThis.fetch;
  globalThis.fetch = async (input, init) =>
    String(input) === jwksUri ? Response.json(document) : network(input as string, init);
}

function memoryStore(): object {
  const entries = new Map<string, string>();
  return {
    async get(key: string, options?: { type?: string }) {
      const value = entries.get(key);
      if (value === undefined) return null;
      return options?.type === 'json' ? JSON.parse(value) : value;
    },
    async put(key: string, value: string) {
      entries.set(key, value);
    },
    async delete(key: string) {
      entries.delete(key);
    },
    async list() {
      return { keys: [...entries.keys()].map((name) => ({ name })), list_complete: true };
    },
  };
}
