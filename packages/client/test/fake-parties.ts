import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import {
  type CrossgrantClient,
  type CrossgrantClientOptions,
  clientSecretBasic,
  clientSecretPost,
  createCrossgrantClient,
  type Session,
  type Warning,
} from '../src/index.ts';

export interface Asked {
  readonly party: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly form: URLSearchParams;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
}

export type Handler = (asked: Asked) => Answer | Promise<Answer>;

/** A hand-made server whose answers a test replaces one by one. */
export interface Party {
  readonly url: string;
  readonly asked: Asked[];
  /** `POST /token` and the like. */
  answer(route: string, handler: Handler): void;
  askedFor(path: string): readonly Asked[];
  close(): Promise<void>;
}

export async function startParty(party: string, seen: Asked[]): Promise<Party> {
  const routes = new Map<string, Handler>();
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://party');
    const body = await readBody(request);
    const entry: Asked = {
      party,
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      form: new URLSearchParams(body),
    };
    asked.push(entry);
    seen.push(entry);
    const handler = routes.get(`${entry.method} ${entry.path}`);
    const answer = handler === undefined ? { status: 404, text: 'not here' } : await handler(entry);
    const contentType = answer.json === undefined ? 'text/plain' : 'application/json';
    response.writeHead(answer.status ?? 200, { 'content-type': contentType, ...answer.headers });
    response.end(answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: (route, handler) => void routes.set(route, handler),
    askedFor: (path) => asked.filter((entry) => entry.path === path),
    close: () => closeServer(server),
  };
}

/** One organisation on loopback: identity provider, authorization server, MCP server, and a server that is a stranger. */
export interface World {
  readonly idp: Party;
  readonly ras: Party;
  readonly mcp: Party;
  readonly stranger: Party;
  readonly seen: Asked[];
  readonly resource: string;
  readonly client: CrossgrantClient;
  readonly options: CrossgrantClientOptions;
  readonly session: Session;
  readonly waits: number[];
  readonly warnings: Warning[];
  readonly clock: { now: number };
  idToken(claims?: Record<string, unknown>): Promise<string>;
  idJag(claims?: Record<string, unknown>, header?: Record<string, unknown>): string;
  /** The sent secrets and assertions that reached a party. */
  secretsSeenBy(party: Party): readonly string[];
  close(): Promise<void>;
}

const idpSecret = 'idp-secret-1';
const rasSecret = 'ras-secret-1';

export async function startWorld(
  change: (options: CrossgrantClientOptions) => CrossgrantClientOptions = (same) => same,
): Promise<World> {
  const seen: Asked[] = [];
  const [idp, ras, mcp, stranger] = await Promise.all(
    ['idp', 'ras', 'mcp', 'stranger'].map((name) => startParty(name, seen)),
  );
  if (!idp || !ras || !mcp || !stranger) throw new Error('a party did not start');
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const clock = { now: Date.now() };
  const resource = `${mcp.url}/mcp`;
  const idToken = (claims: Record<string, unknown> = {}): Promise<string> => {
    const now = Math.floor(clock.now / 1000);
    const all = {
      iss: idp.url,
      aud: 'agent-at-acme',
      sub: 'alice',
      iat: now,
      exp: now + 600,
      auth_time: now,
      ...claims,
    };
    return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey);
  };
  const idJag = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string => {
    const now = Math.floor(clock.now / 1000);
    const all = {
      iss: idp.url,
      sub: 'alice',
      aud: ras.url,
      client_id: 'agent-at-chat',
      resource,
      iat: now,
      exp: now + 300,
      jti: crypto.randomUUID(),
      ...claims,
    };
    return `${encode({ alg: 'ES256', typ: 'oauth-id-jag+jwt', ...header })}.${encode(all)}.c2ln`;
  };
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] };
  answerAsIdp(idp, jwks, idJag, idToken);
  answerAsRas(ras);
  answerAsMcp(mcp, ras);

  const waits: number[] = [];
  const warnings: Warning[] = [];
  const options = change({
    idp: { issuer: idp.url, clientId: 'agent-at-acme', auth: clientSecretPost(idpSecret) },
    resourceServers: { [ras.url]: { clientId: 'agent-at-chat', auth: clientSecretBasic(rasSecret) } },
    development: true,
    clock: () => clock.now,
    timeoutMs: 2_000,
    patience: { random: () => 0, sleep: async (milliseconds) => void waits.push(milliseconds) },
    onWarning: (warning) => void warnings.push(warning),
  });
  const client = createCrossgrantClient(options);
  const session = await client.adoptSignOn({ idToken: await idToken(), session: 'ses_alice' });
  return {
    idp,
    ras,
    mcp,
    stranger,
    seen,
    resource,
    client,
    options,
    session,
    waits,
    warnings,
    clock,
    idToken,
    idJag,
    secretsSeenBy: (party) => party.asked.flatMap((entry) => secretsIn(entry)),
    close: async () => void (await Promise.all([idp, ras, mcp, stranger].map((party) => party.close()))),
  };
}

export function metadata(issuer: string, more: Record<string, unknown> = {}): Answer {
  return {
    json: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      ...more,
    },
  };
}

export function exchangeAnswer(idJag: string, more: Record<string, unknown> = {}): Answer {
  const base = {
    access_token: idJag,
    issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    token_type: 'N_A',
    expires_in: 300,
  };
  return { json: { ...base, ...more } };
}

export function oauthError(error: string, more: Record<string, unknown> = {}, status = 400): Answer {
  return { status, json: { error, ...more } };
}

/** Answers with each of the list in turn, and with the last one from then on. */
export function inTurn(...answers: readonly (Answer | Handler)[]): Handler {
  let at = 0;
  return (asked) => {
    const answer = answers[Math.min(at, answers.length - 1)] as Answer | Handler;
    at += 1;
    return typeof answer === 'function' ? answer(asked) : answer;
  };
}

function answerAsIdp(idp: Party, jwks: object, idJag: World['idJag'], idToken: World['idToken']): void {
  const document = metadata(idp.url, { authorization_response_iss_parameter_supported: true });
  idp.answer('GET /.well-known/oauth-authorization-server', () => document);
  idp.answer('GET /jwks', () => ({ json: jwks }));
  idp.answer('POST /token', async ({ form }) => {
    if (form.get('grant_type') === 'refresh_token') {
      return {
        json: { access_token: 'at', token_type: 'Bearer', id_token: await idToken(), refresh_token: 'rt-next' },
      };
    }
    return exchangeAnswer(idJag(), form.has('scope') ? { scope: form.get('scope') } : {});
  });
}

function answerAsRas(ras: Party): void {
  let issued = 0;
  const profile = { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] };
  ras.answer('GET /.well-known/oauth-authorization-server', () => metadata(ras.url, profile));
  ras.answer('POST /token', () => {
    issued += 1;
    return { json: { access_token: `access-${issued}`, token_type: 'Bearer', expires_in: 600 } };
  });
}

function answerAsMcp(mcp: Party, ras: Party): void {
  const resource = `${mcp.url}/mcp`;
  mcp.answer('GET /.well-known/oauth-protected-resource/mcp', () => ({
    json: { resource, authorization_servers: [ras.url], scopes_supported: ['chat.read', 'chat.history'] },
  }));
  mcp.answer('POST /mcp', ({ headers }) =>
    headers.authorization === undefined ? unauthorized(mcp, 'scope="chat.read"') : { json: { ok: true } },
  );
}

export function unauthorized(mcp: Party, more = '', status = 401): Answer {
  const pointer = `resource_metadata="${mcp.url}/.well-known/oauth-protected-resource/mcp"`;
  return {
    status,
    headers: { 'www-authenticate': `Bearer ${[more, pointer].filter((part) => part !== '').join(', ')}` },
  };
}

function secretsIn(entry: Asked): readonly string[] {
  const found: string[] = [];
  const text = `${entry.body} ${entry.headers.authorization ?? ''} ${entry.path} ${entry.query}`;
  const basic = /^Basic (.+)$/.exec(entry.headers.authorization ?? '')?.[1];
  const all = basic === undefined ? text : `${text} ${Buffer.from(basic, 'base64').toString()}`;
  if (all.includes('idp-secret')) found.push('idp secret');
  if (all.includes('ras-secret') || all.includes('ras%2Dsecret')) found.push('ras secret');
  for (const name of ['assertion', 'subject_token', 'refresh_token', 'client_assertion', 'code'])
    if (entry.form.has(name)) found.push(name);
  if (entry.headers.authorization?.startsWith('Bearer ')) found.push('access token');
  return found;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
