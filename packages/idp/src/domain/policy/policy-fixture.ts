import { compilePolicy, type PolicyIndex } from './compile.ts';
import type { Connection, Facts, PolicyClient, Resource, ResourceApp, Rule, ScopeRisk } from './model.ts';

/** A small company for tests of policy: `agent` may reach `chat`, whose MCP server has four scopes of rising risk. */
export const mcp = 'https://mcp.chat.example/mcp';
export const files = 'https://files.chat.example/mcp';

export function scopesOf(list: Record<string, ScopeRisk>): Resource['scopes'] {
  return new Map(Object.entries(list).map(([scope, risk]) => [scope, { risk, version: 1 }]));
}

export function resourceApp(over: Partial<ResourceApp> = {}): ResourceApp {
  const chat: Resource = {
    identifier: mcp,
    tags: ['standard'],
    scopes: scopesOf({
      'chat.read': 'read',
      'chat.history': 'read',
      'chat.write': 'write',
      'chat.purge': 'destructive',
    }),
  };
  const store: Resource = {
    identifier: files,
    tags: [],
    scopes: scopesOf({ 'chat.read': 'read', 'files.read': 'read' }),
  };
  return {
    id: 'rap_chat',
    key: 'chat',
    issuer: 'https://auth.chat.example',
    aliases: [],
    signingAlgorithm: 'ES256',
    subject: 'public',
    tags: ['saas'],
    state: 'active',
    resources: new Map([
      [mcp, chat],
      [files, store],
    ]),
    ...over,
  };
}

export function client(over: Partial<PolicyClient> = {}): PolicyClient {
  return { clientAppId: 'app_agent', tags: ['trusted'], state: 'active', ...over };
}

export function connection(over: Partial<Connection> = {}): Connection {
  const ceiling = ['chat.read', 'chat.history', 'chat.write', 'files.read'];
  return {
    id: 'con_1',
    key: 'agent/chat',
    clientAppId: 'app_agent',
    resourceAppId: 'rap_chat',
    resourceClientId: 'agent-at-chat',
    resources: [mcp, files],
    defaultResource: mcp,
    scopes: new Map(ceiling.map((scope) => [scope, 1])),
    defaultScopes: ['chat.read'],
    state: 'approved',
    accountLink: 'sub',
    lifetimeSeconds: 300,
    dpopRequired: false,
    ...over,
  };
}

export function rule(over: Partial<Rule> = {}): Rule {
  return { id: 'rul_1', effect: 'allow', users: [], groups: ['engineering'], everyone: false, ...over };
}

export function policy(
  over: { client?: PolicyClient; app?: ResourceApp; connection?: Connection; rules?: readonly Rule[] } = {},
): PolicyIndex {
  return compilePolicy({
    clients: [over.client ?? client()],
    resourceApps: [over.app ?? resourceApp()],
    connections: [over.connection ?? connection()],
    rules: over.rules ?? [rule()],
    methods: [
      { acr: 'pwd', amr: ['pwd'] },
      { acr: 'mfa', amr: ['pwd', 'otp'] },
    ],
  });
}

export function facts(over: Partial<Facts> = {}): Facts {
  return {
    clientAppId: 'app_agent',
    resourceAppId: 'rap_chat',
    nowMs: 1_795_478_400_000,
    resources: [mcp],
    scopes: ['chat.read'],
    userId: 'usr_ada',
    groups: ['engineering'],
    acr: 'pwd',
    amr: ['pwd'],
    authTime: 1_795_478_300,
    address: '10.1.1.1',
    callerAddress: '192.0.2.1',
    ...over,
  };
}
