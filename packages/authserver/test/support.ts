import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@crossgrant/platform';
import { formatBasic, formatForm, grantTypes, type JsonObject, typs } from '@crossgrant/protocol';
import { importSigningKey, signJws } from '@crossgrant/protocol/jws';
import type { AuthServerConfig } from '../src/config.ts';
import { type RunningAuthServer, startAuthServer } from '../src/start-auth-server.ts';

interface Vectors {
  readonly now: number;
  readonly jwks: Record<'idp' | 'idp2', JsonObject>;
  readonly private_keys: Record<'idp' | 'idp2', JsonObject>;
}

const vectors = JSON.parse(readFileSync(new URL('../../../spec/vectors.json', import.meta.url), 'utf8')) as Vectors;

export const self = 'http://127.0.0.1:4702';
export const idp = 'https://acme.idp.example';
export const idp2 = 'https://fabrikam.idp.example';
export const mcpResource = 'http://127.0.0.1:4703/mcp';
export const clientId = 'agent-at-chat';
export const clientSecret = 'a-secret-of-the-agent';
export const nowMs = vectors.now * 1000;
export const jwks = vectors.jwks;
export const privateKeys = vectors.private_keys;

export function newFolder(): { path(name: string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'crossgrant-as-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function configFor(database: string, part: Partial<AuthServerConfig> = {}): AuthServerConfig {
  return {
    development: true,
    issuer: self,
    listen: '127.0.0.1:0',
    database,
    clients: [
      {
        id: clientId,
        name: 'Agent',
        auth: { methods: ['client_secret_basic', 'client_secret_post'], secret: clientSecret },
      },
    ],
    trustedIssuers: [
      {
        issuer: idp,
        keys: { jwks: jwks.idp },
        clients: [clientId],
        linking: 'jit',
        reuse: 'refuse',
        defaultResource: mcpResource,
        defaultScopes: ['chat.read'],
      },
    ],
    resources: [
      {
        identifier: mcpResource,
        scopes: ['chat.read', 'chat.history'],
        introspectionSecret: 'a-secret-of-the-mcp-server',
      },
    ],
    ...part,
  };
}

export interface Served {
  readonly running: RunningAuthServer;
  at(secondsFromNow: number): void;
  redeem(
    claims?: Record<string, unknown>,
    form?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  introspect(token: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export async function serve(config: AuthServerConfig): Promise<Served> {
  let now = nowMs;
  const log = createLog({ name: 'test', level: 'fatal' });
  const running = await startAuthServer(config, { clock: () => now, log });
  return {
    running,
    at: (seconds) => {
      now = nowMs + seconds * 1000;
    },
    redeem: (claims, form) => redeem(running.url, idJag(claims, Math.floor(now / 1000)), form),
    async introspect(token) {
      const response = await postForm(
        `${running.url}/introspect`,
        { token },
        formatBasic(mcpResource, 'a-secret-of-the-mcp-server'),
      );
      return (await response.json()) as Record<string, unknown>;
    },
    close: () => running.close(),
  };
}

export function idJag(
  claims: Record<string, unknown> = {},
  nowSeconds: number = vectors.now,
  key: 'idp' | 'idp2' = 'idp',
): string {
  const payload = {
    iss: key === 'idp' ? idp : idp2,
    sub: 'U019488227',
    aud: self,
    client_id: clientId,
    jti: randomBytes(16).toString('hex'),
    iat: nowSeconds - 10,
    exp: nowSeconds + 290,
    resource: mcpResource,
    scope: 'chat.read chat.history',
    auth_time: nowSeconds - 60,
    ...claims,
  };
  return signJws(importSigningKey(vectors.private_keys[key]), typs.idJag, payload);
}

export async function redeem(
  url: string,
  assertion: string,
  form: Record<string, string> = {},
  authorization = formatBasic(clientId, clientSecret),
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await postForm(
    `${url}/token`,
    { grant_type: grantTypes.jwtBearer, assertion, ...form },
    authorization,
  );
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export function postForm(url: string, form: Record<string, string>, authorization?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: formatForm(Object.entries(form)),
  });
}
