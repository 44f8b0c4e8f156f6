import { isScopeToken, parseResourceIdentifier } from '@crossgrant/protocol';
import { z } from '@hono/zod-openapi';

/** A text without control characters. */
const label = (most: number) =>
  z
    .string()
    .min(1, 'must not be empty.')
    .max(most, `must be at most ${most} characters long.`)
    .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters.');

export const name = label(200);
const identifier = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, 'may hold letters, digits, "-" and "_" only, 128 at most.');
export const objectId = identifier;
const visible = z.string().regex(/^[\x21-\x7e]{1,2048}$/, 'must be printable ASCII without spaces.');
const scope = z.string().max(128).refine(isScopeToken, 'must be one scope token.');
const resource = z
  .string()
  .max(1024)
  .refine((text) => parseResourceIdentifier(text).ok, 'must be an absolute URI without fragment.');
const instant = z.iso.datetime({ offset: true, error: 'must be an instant such as 2027-01-14T08:00:00Z.' });
const tags = z.array(identifier).max(50);
const few = <T extends z.ZodType>(item: T) => z.array(item).max(500, 'must hold at most 500.');
const some = <T extends z.ZodType>(item: T) => few(item).min(1, 'must not be empty; leave it out to mean all.');

export const reason = label(500).openapi({ description: 'Why; stands in the audit.' });
export const because = z.strictObject({ reason: reason.optional() }).openapi('Because');
export const becauseRequired = z.strictObject({ reason }).openapi('BecauseRequired');

const risk = z.enum(['read', 'write', 'destructive', 'admin']);
export const outcome = z.enum(['allow', 'deny', 'step_up', 'refused', 'done']);
export const scopeFilter = scope;
export const textFilter = label(200).openapi({ description: 'Part of a name, in any case.' });
export const instantFilter = instant
  .transform((text) => Date.parse(text))
  .openapi({ type: 'string', format: 'date-time' });

const authMethods = z
  .array(z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']))
  .min(1)
  .max(3);

const publicKey = z
  .record(z.string(), z.unknown())
  .refine((key) => !['d', 'k', 'p'].some((name) => name in key), 'must be a public key.');
const clientAppFields = {
  name,
  redirectUris: few(visible),
  postLogoutRedirectUris: few(visible),
  grantTypes: z.array(visible).min(1).max(10),
  authMethods,
  idTokenAlgorithm: z.enum(['RS256', 'ES256']),
  refreshTokens: z.boolean(),
  refreshTokenRotation: z.boolean(),
  dpopRequired: z.boolean(),
  jwks: z.strictObject({ keys: z.array(publicKey).min(1).max(20) }),
  jwksUri: visible,
  tokenEndpointAudience: z.boolean(),
  tags,
};
export const newClientApp = z
  .strictObject({
    clientId: identifier,
    ...z.strictObject(clientAppFields).partial().shape,
    name,
    authMethods: authMethods.default(['client_secret_basic']),
    reason: reason.optional(),
  })
  .openapi('NewClientApp');
export const clientAppPatch = z
  .strictObject({ ...clientAppFields, reason })
  .partial()
  .openapi('ClientAppPatch');

const scopeDefinition = z.strictObject({
  risk,
  description: label(500).optional(),
  version: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .openapi({ description: 'Raise it when the scope changes its meaning.' }),
});
const governedResource = z.strictObject({
  identifier: resource,
  name: name.optional(),
  scopes: z.record(scope, scopeDefinition),
  tags: tags.optional(),
});
const resources = z.array(governedResource).min(1).max(200);
export const newResourceApp = z
  .strictObject({
    key: identifier,
    name: name.optional(),
    issuer: visible,
    aliases: few(visible).optional(),
    signingAlgorithm: z.enum(['ES256', 'RS256']).optional(),
    subject: z.enum(['public', 'pairwise']).optional(),
    tenantClaim: name.optional(),
    tags: tags.optional(),
    resources,
    reason: reason.optional(),
  })
  .openapi('NewResourceApp');
export const resourceAppPatch = z
  .strictObject({
    name: name.nullable(),
    aliases: few(visible),
    signingAlgorithm: z.enum(['ES256', 'RS256']),
    tenantClaim: name.nullable(),
    tags,
    resources,
    reason,
  })
  .partial()
  .openapi('ResourceAppPatch');

const connectionFields = {
  resourceClientId: z.string().regex(/^[\x21-\x7e]{1,512}$/, 'must be printable ASCII without spaces.'),
  resources: few(resource),
  scopes: few(scope),
  defaultScopes: few(scope),
  accountLink: z.enum(['sub', 'email']),
  lifetimeSeconds: z.int().min(1).max(600),
  dpopRequired: z.boolean(),
};
const connectionNotes = {
  defaultResource: resource,
  owner: name,
  purpose: label(500),
  reviewAt: instant,
  expiresAt: instant,
};
export const newConnection = z
  .strictObject({
    clientApp: objectId,
    resourceApp: objectId,
    ...z.strictObject({ ...connectionFields, ...connectionNotes }).partial().shape,
    resourceClientId: connectionFields.resourceClientId,
    scopes: connectionFields.scopes,
    reason: reason.optional(),
  })
  .openapi('NewConnection');
export const connectionPatch = z
  .strictObject({
    ...connectionFields,
    defaultResource: resource.nullable(),
    owner: name.nullable(),
    purpose: label(500).nullable(),
    reviewAt: instant.nullable(),
    expiresAt: instant.nullable(),
    reason,
  })
  .partial()
  .openapi('ConnectionPatch');
export const approval = z
  .strictObject({ acceptChangedScopes: z.boolean().default(false), reason: reason.optional() })
  .openapi('Approval');

const network = z.strictObject({ in: some(visible).optional(), notIn: some(visible).optional() });
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 08:00.');
const conditions = z.strictObject({
  acr: some(label(200)).optional(),
  amr: some(label(50)).optional(),
  maxAge: z.int().min(1).max(31_536_000).optional(),
  network: network.optional(),
  callerNetwork: network.optional(),
  time: z
    .strictObject({
      days: some(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).optional(),
      from: timeOfDay.optional(),
      to: timeOfDay.optional(),
      timeZone: z.string().max(64).refine(isTimeZone, 'is no IANA time zone.').optional(),
    })
    .optional(),
});
const ruleTags = z.strictObject({
  clients: some(identifier).optional(),
  resourceApps: some(identifier).optional(),
  resources: some(identifier).optional(),
});
const effect = z.enum(['allow', 'deny']);
const who = { people: few(objectId), groups: few(name), everyone: z.boolean() };
export const newRule = z
  .strictObject({
    key: identifier,
    effect,
    ...z.strictObject(who).partial().shape,
    connections: some(objectId).optional(),
    tags: ruleTags.optional(),
    scopes: some(scope).optional(),
    risks: some(risk).optional(),
    conditions: conditions.optional(),
    reason: reason.optional(),
  })
  .openapi('NewRule');
export const rulePatch = z
  .strictObject({
    effect,
    ...who,
    connections: some(objectId).nullable(),
    tags: ruleTags.nullable(),
    scopes: some(scope).nullable(),
    risks: some(risk).nullable(),
    conditions: conditions.nullable(),
    reason,
  })
  .partial()
  .openapi('RulePatch');

const email = z.string().regex(/^[^\s@]{1,64}@[^\s@]{1,255}$/, 'must be an e-mail address.');
export const newPerson = z
  .strictObject({
    username: label(200),
    email: email.optional(),
    emailVerified: z.boolean().optional(),
    name: name.optional(),
    password: z.string().min(8, 'must be at least 8 characters long.').max(1024).optional(),
    groups: few(name).optional(),
    reason: reason.optional(),
  })
  .openapi('NewPerson');
export const personPatch = z
  .strictObject({ email, emailVerified: z.boolean(), name, groups: few(name), reason })
  .partial()
  .openapi('PersonPatch');

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
