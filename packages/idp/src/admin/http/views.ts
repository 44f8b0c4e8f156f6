import { z } from '@hono/zod-openapi';

/** What answers hold. A test compares every answer with these, so that nothing else ever leaves. */
const text = z.string();
const texts = z.array(z.string());
const instant = z.string().openapi({ format: 'date-time' });
const maybe = text.nullable();

export const self = z
  .strictObject({
    token: text,
    name: text,
    role: text,
    tenant: text,
    clientApps: texts,
    resourceApps: texts,
    expiresAt: instant,
    rights: z.record(z.string(), z.enum(['all', 'own'])),
  })
  .openapi('Self');

export const clientApp = z
  .strictObject({
    id: text,
    clientId: text,
    name: text,
    redirectUris: texts,
    postLogoutRedirectUris: texts,
    grantTypes: texts,
    authMethods: texts,
    idTokenAlgorithm: text,
    refreshTokens: z.boolean(),
    refreshTokenRotation: z.boolean(),
    dpopRequired: z.boolean(),
    jwks: z.record(z.string(), z.unknown()).nullable(),
    jwksUri: maybe,
    tokenEndpointAudience: z.boolean(),
    tags: texts,
    state: z.enum(['active', 'blocked']),
    secrets: z.array(z.strictObject({ createdAt: instant, expiresAt: instant.nullable() })),
    createdAt: instant,
  })
  .openapi('ClientApp');

export const clientAppWithSecret = clientApp
  .extend({ secret: text.optional().openapi({ description: 'Shown this once.' }) })
  .openapi('ClientAppWithSecret');

const scopeDefinition = z.strictObject({
  risk: z.enum(['read', 'write', 'destructive', 'admin']),
  version: z.int(),
  description: text.optional(),
});
export const resourceApp = z
  .strictObject({
    id: text,
    key: text,
    name: maybe,
    issuer: text,
    aliases: texts,
    signingAlgorithm: text,
    subject: z.enum(['public', 'pairwise']),
    tenantClaim: maybe,
    tags: texts,
    state: z.enum(['active', 'disabled']),
    resources: z.array(
      z.strictObject({ identifier: text, name: maybe, scopes: z.record(z.string(), scopeDefinition), tags: texts }),
    ),
    createdAt: instant,
  })
  .openapi('ResourceApp');

export const connection = z
  .strictObject({
    id: text,
    key: text,
    clientApp: text,
    resourceApp: text,
    resourceClientId: text,
    resources: texts,
    defaultResource: maybe,
    scopes: texts,
    defaultScopes: texts,
    changedScopes: texts.openapi({ description: 'Not granted until the connection is approved again.' }),
    state: z.enum(['pending', 'approved', 'blocked']),
    accountLink: z.enum(['sub', 'email']),
    lifetimeSeconds: z.int(),
    dpopRequired: z.boolean(),
    owner: maybe,
    purpose: maybe,
    reviewAt: instant.nullable(),
    expiresAt: instant.nullable(),
    createdAt: instant,
  })
  .openapi('Connection');

export const rule = z
  .strictObject({
    id: text,
    key: text,
    effect: z.enum(['allow', 'deny']),
    state: z.enum(['active', 'disabled']),
    people: texts,
    groups: texts,
    everyone: z.boolean(),
    connections: texts.nullable(),
    tags: z.record(z.string(), texts).nullable(),
    scopes: texts.nullable(),
    risks: texts.nullable(),
    conditions: z.record(z.string(), z.unknown()).nullable(),
    createdAt: instant,
  })
  .openapi('Rule');

export const person = z
  .strictObject({
    id: text,
    username: text,
    name: maybe,
    email: maybe,
    emailVerified: z.boolean(),
    groups: texts,
    state: z.enum(['active', 'disabled']),
    hasPassword: z.boolean(),
    accessEndedAt: instant.nullable(),
    createdAt: instant,
  })
  .openapi('Person');

export const session = z
  .strictObject({
    sid: text,
    client: text,
    person: text,
    authenticatedAt: instant,
    acr: maybe,
    amr: texts,
    address: maybe,
    expiresAt: instant,
    endedAt: instant.nullable(),
  })
  .openapi('Session');

export const group = z.strictObject({ id: text, name: text, createdAt: instant }).openapi('Group');

export const key = z
  .strictObject({
    kid: text,
    purpose: text,
    alg: text,
    phase: z.enum(['published', 'active', 'retiring', 'gone', 'revoked']),
    createdAt: instant,
    signsFrom: instant,
    goneAt: instant.nullable(),
  })
  .openapi('Key');

export const decision = z
  .strictObject({
    id: text,
    at: instant,
    outcome: z.enum(['allow', 'deny', 'step_up', 'refused', 'done']),
    code: maybe,
    client: maybe,
    audience: maybe,
    resource: maybe,
    scopesRequested: maybe,
    scopesGranted: maybe,
    rules: texts,
    jti: maybe,
    person: z.strictObject({ id: text, username: maybe }).nullable(),
  })
  .openapi('Decision');

export const explainedDecision = decision
  .extend({ explanation: z.array(z.strictObject({ label: text, value: text, note: text.optional() })) })
  .openapi('ExplainedDecision');

export const issuance = z
  .strictObject({
    jti: text,
    decision: text,
    person: maybe,
    clientApp: text,
    resourceApp: text,
    connection: text,
    audience: text,
    resourceClientId: text,
    resources: texts,
    scopes: texts,
    sid: maybe,
    issuedAt: instant,
    expiresAt: instant,
  })
  .openapi('Issuance');

export const change = z
  .strictObject({
    id: text,
    at: instant,
    outcome: text,
    code: maybe,
    actor: maybe,
    actorName: maybe,
    address: maybe,
    facts: z.record(z.string(), z.unknown()),
  })
  .openapi('Change');

const token = {
  id: text,
  name: text,
  role: text,
  clientApps: texts,
  resourceApps: texts,
  createdAt: instant,
  expiresAt: instant,
  revokedAt: instant.nullable(),
};
export const adminToken = z.strictObject(token).openapi('AdminToken');
export const listedAdminToken = z
  .strictObject({ ...token, lastUsedAt: instant.nullable() })
  .openapi('ListedAdminToken');

export const tenant = z.strictObject({ id: text, name: text, accessEndedAt: instant.nullable() }).openapi('Tenant');

export const problemDocument = z
  .strictObject({
    type: text,
    title: text,
    status: z.int(),
    code: text,
    detail: text.optional(),
    errors: z.array(z.strictObject({ path: text, sentence: text })).optional(),
    id: text.openapi({ description: 'Joins this answer with the log and the audit.' }),
  })
  .openapi('Problem');
