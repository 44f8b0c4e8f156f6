import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPersonByLogin } from '@crossgrant/identity';
import { findAudit, type StoredAudit } from '@crossgrant/platform';
import { grantTypes, tokenTypes } from '@crossgrant/protocol';
import { signJws } from '@crossgrant/protocol/jws';
import { type IdpConfig, type RunningIdp, startIdp } from '../src/index.ts';

export const issuer = 'http://127.0.0.1:4701';
export const ras = 'https://auth.chat.example';
export const mcp = 'https://mcp.chat.example/mcp';
export const files = 'https://files.chat.example/mcp';
export const agentSecret = 'agent-secret-0123456789abcdef';
export const botSecret = 'bot-secret-0123456789abcdef';
export const actor = { id: 'adm_test' };

type Policy = NonNullable<IdpConfig['policy']>;

export const policy: Policy = {
  clientApps: [
    {
      id: 'agent',
      name: 'Agent',
      redirectUris: ['http://127.0.0.1:9/cb'],
      auth: { methods: ['client_secret_post', 'client_secret_basic'], secret: agentSecret },
      tags: ['trusted'],
    },
    {
      id: 'bot',
      name: 'Bot',
      redirectUris: ['http://127.0.0.1:9/cb'],
      auth: { methods: ['client_secret_basic', 'client_secret_post'], secret: botSecret },
    },
    {
      id: 'plain',
      name: 'Only sign-on',
      redirectUris: ['http://127.0.0.1:9/cb'],
      auth: { methods: ['client_secret_post'], secret: botSecret },
      grantTypes: ['authorization_code'],
    },
    { id: 'open', name: 'Public', redirectUris: ['http://127.0.0.1:9/cb'], auth: { methods: ['none'] } },
  ],
  resourceApps: [
    {
      id: 'chat',
      issuer: ras,
      aliases: ['urn:example:chat'],
      resources: [
        {
          identifier: mcp,
          scopes: { 'chat.read': { risk: 'read' }, 'chat.history': { risk: 'read' }, 'chat.write': { risk: 'write' } },
        },
        { identifier: files, scopes: { 'files.read': { risk: 'read' } } },
      ],
    },
    {
      id: 'wiki',
      issuer: 'https://wiki.example',
      signingAlgorithm: 'RS256',
      subject: 'pairwise',
      tenantClaim: 't_acme',
      resources: [{ identifier: 'https://wiki.example/', scopes: { 'wiki.read': { risk: 'read' } } }],
    },
    {
      id: 'mail',
      issuer: 'https://mail.example',
      resources: [{ identifier: 'https://mail.example/mcp', scopes: { 'mail.read': { risk: 'read' } } }],
    },
    { id: 'self', issuer, resources: [{ identifier: `${issuer}/api`, scopes: { all: { risk: 'admin' } } }] },
  ],
  connections: [
    {
      client: 'agent',
      resourceApp: 'chat',
      resourceClientId: 'agent-at-chat',
      scopes: ['chat.read', 'chat.history', 'files.read'],
      defaultScopes: ['chat.read'],
      defaultResource: mcp,
      state: 'approved',
    },
    {
      client: 'agent',
      resourceApp: 'wiki',
      resourceClientId: 'agent-at-wiki',
      scopes: ['wiki.read'],
      state: 'approved',
      accountLink: 'email',
      lifetimeSeconds: 120,
    },
    { client: 'agent', resourceApp: 'self', resourceClientId: 'agent', scopes: ['all'], state: 'approved' },
    { client: 'bot', resourceApp: 'wiki', resourceClientId: 'bot-at-wiki', scopes: ['wiki.read'], state: 'pending' },
    {
      client: 'bot',
      resourceApp: 'mail',
      resourceClientId: 'bot-at-mail',
      scopes: ['mail.read'],
      state: 'approved',
      dpopRequired: true,
    },
  ],
  rules: [
    { id: 'engineers', effect: 'allow', groups: ['engineering'] },
    { id: 'no-contractors', effect: 'deny', groups: ['contractors'], connections: ['agent/chat'] },
    { id: 'fresh-history', effect: 'allow', groups: ['sales'], scopes: ['chat.history'], conditions: { maxAge: 60 } },
  ],
};

export const people: NonNullable<IdpConfig['people']> = [
  { username: 'ada', email: 'ada@acme.example', emailVerified: true, groups: ['engineering'] },
  { username: 'bob', email: 'bob@acme.example', groups: [] },
  { username: 'carl', email: 'carl@acme.example', groups: ['engineering', 'contractors'] },
  { username: 'sue', email: 'sue@acme.example', groups: ['sales'] },
];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  /** The id in the error description, or undefined. */
  readonly id: string | undefined;
}

export interface IdTokenParts {
  readonly person?: string;
  readonly client?: string;
  readonly sid?: string;
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly alg?: 'RS256' | 'ES256';
}

export interface IdpWorld {
  readonly idp: RunningIdp;
  readonly config: IdpConfig;
  readonly logLines: string[];
  readonly clock: { nowMs: number };
  readonly nowSeconds: number;
  userId(username: string): Promise<string>;
  /** Signs a person on: a session row and the ID token that goes with it. */
  idToken(parts?: IdTokenParts, at?: RunningIdp): Promise<string>;
  addSession(sid: string, over?: Record<string, unknown>): Promise<void>;
  exchange(
    over?: Record<string, string | readonly string[] | undefined>,
    options?: { headers?: Record<string, string>; at?: RunningIdp },
  ): Promise<Answer>;
  audit(id: string | undefined): Promise<StoredAudit | undefined>;
  /** A second process on the same database. */
  /** A second process on the same database, as a restart with another configuration would be. */
  replica(over?: Partial<IdpConfig>): Promise<RunningIdp>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly database?: string;
  readonly config?: Partial<IdpConfig>;
  readonly policy?: Partial<Policy>;
}

export async function startIdpWorld(options: WorldOptions = {}): Promise<IdpWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'crossgrant-idp-'));
  const clock = { nowMs: 1_795_478_400_000 };
  const logLines: string[] = [];
  const config: IdpConfig = {
    development: true,
    issuer,
    listen: '127.0.0.1:0',
    database: options.database ?? join(folder, 'idp.db'),
    keyFile: join(folder, 'key'),
    people,
    log: { destination: { write: (line: string) => void logLines.push(line) } },
    policy: { ...policy, ...options.policy },
    ...options.config,
  };
  const start = (over: Partial<IdpConfig> = {}): Promise<RunningIdp> =>
    startIdp({ ...config, ...over }, { clock: () => clock.nowMs });
  const idp = await start();
  const running: RunningIdp[] = [idp];
  const seconds = (): number => Math.floor(clock.nowMs / 1000);

  const world: IdpWorld = {
    idp,
    config,
    logLines,
    clock,
    get nowSeconds() {
      return seconds();
    },
    async userId(username) {
      const person = await findPersonByLogin(idp.database, idp.tenantId, username);
      return person?.id ?? '';
    },
    async addSession(sid, over = {}) {
      const row = {
        tenant_id: idp.tenantId,
        sid,
        browser_session: `b-${sid}`,
        client_id: 'agent',
        user_id: await world.userId('ada'),
        auth_time_seconds: seconds() - 100,
        acr: 'urn:crossgrant:acr:password',
        amr: '["pwd"]',
        address: '10.1.1.1',
        created_at: clock.nowMs,
        expires_at: clock.nowMs + 8 * 3_600_000,
        ended_at: null,
        version: 0,
        ...over,
      };
      await idp.database.kysely
        .insertInto('sessions')
        .values(row)
        .onConflict((conflict) => conflict.columns(['tenant_id', 'sid']).doNothing())
        .execute();
    },
    async idToken(
      {
        person = 'ada',
        client = 'agent',
        sid = `sid-${client}-${person}`,
        header = {},
        claims = {},
        alg = 'RS256',
      } = {},
      at = idp,
    ) {
      const sub = await world.userId(person);
      await world.addSession(sid, { user_id: sub, client_id: client });
      const payload = {
        iss: issuer,
        sub,
        aud: client,
        iat: seconds(),
        exp: seconds() + 600,
        auth_time: seconds() - 100,
        acr: 'urn:crossgrant:acr:password',
        amr: ['pwd'],
        sid,
        ...claims,
      };
      return signJws(at.keyRing.signingKey(alg), undefined, payload, header);
    },
    async exchange(over = {}, { headers = {}, at = idp } = {}) {
      const form = {
        grant_type: grantTypes.tokenExchange,
        requested_token_type: tokenTypes.idJag,
        audience: ras,
        resource: mcp,
        scope: 'chat.read',
        client_id: 'agent',
        client_secret: agentSecret,
        subject_token_type: tokenTypes.idToken,
        ...('subject_token' in over ? {} : { subject_token: await world.idToken() }),
        ...over,
      };
      const pairs = Object.entries(form).flatMap(([name, value]) =>
        value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one as string]),
      );
      const response = await fetch(`${at.url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(pairs).toString(),
      });
      const body = (await response.json()) as Record<string, unknown>;
      return {
        status: response.status,
        headers: response.headers,
        body,
        id: /\[(aud_[^\]]+)\]/.exec(String(body.error_description))?.[1],
      };
    },
    audit: (id) => findAudit(idp.database, idp.tenantId, id ?? ''),
    async replica(over) {
      const second = await start(over);
      running.push(second);
      return second;
    },
    async close() {
      await Promise.all(running.map((each) => each.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

export function decode(token: unknown): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = String(token)
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>);
  return { header: header ?? {}, payload: payload ?? {} };
}
