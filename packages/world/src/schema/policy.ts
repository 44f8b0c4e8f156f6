import { z } from 'zod';
import { checkDescription, clientAppAuth } from './client-auth.ts';
import {
  clientId,
  clientIdentifier,
  identifier,
  instant,
  issuerUrl,
  label,
  resourceIdentifier,
  scopeToken,
  seconds,
  statedOnce,
  url,
} from './fields.ts';
import { acrValue, signOnDemand } from './sign-on.ts';

const tags = z.array(identifier).default([]).describe('Words that rules select by.');
const risks = ['read', 'write', 'destructive', 'admin'] as const;
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM.');
const addressRange = z
  .string()
  .regex(/^[0-9a-fA-F.:]{2,45}(\/\d{1,3})?$/, 'must be an address or a range such as 10.0.0.0/8.');

const clientApp = z
  .strictObject({
    id: clientId.describe(
      'Its client id at the IdP: a name, or the URL of its metadata document where idp.clientMetadataDocuments is on. The key of an upsert.',
    ),
    name: label.optional().describe('What people read.'),
    redirectUris: z.array(url).default([]).describe('Compared exactly; on loopback any port counts.'),
    postLogoutRedirectUris: z.array(url).default([]).describe('Where it may send people after sign-out.'),
    auth: clientAppAuth.optional(),
    refreshTokens: z
      .boolean()
      .default(false)
      .describe('Whether this app gets a refresh token at sign-on. It can be exchanged like an ID token.'),
    refreshTokenRotation: z
      .boolean()
      .default(false)
      .describe('Whether each renewal replaces the refresh token. Those of public clients always are replaced.'),
    dpopRequired: z
      .boolean()
      .default(false)
      .describe('Whether each of its token requests must carry a proof of possession (DPoP).'),
    idTokenAlgorithm: z
      .enum(['RS256', 'ES256'], { error: 'must be RS256 or ES256.' })
      .default('RS256')
      .describe('What signs its ID tokens.'),
    state: z.enum(['active', 'blocked'], { error: 'must be active or blocked.' }).optional().describe(statedOnce),
    tags,
  })
  .superRefine(checkDescription)
  .refine(({ refreshTokens, refreshTokenRotation }) => refreshTokens || !refreshTokenRotation, {
    path: ['refreshTokenRotation'],
    error: 'needs refreshTokens: true.',
  })
  .meta({ id: 'ClientApp', description: 'An AI app that signs people on and asks for ID-JAGs.' });

const scopeFacts = z
  .strictObject({
    risk: z.enum(risks, { error: 'must be read, write, destructive or admin.' }).describe('What rules may select by.'),
    version: z.number().int().min(1).default(1).describe('Raised when the meaning of the scope changes.'),
    description: label.optional().describe('What its holder may do, in words for people.'),
    signOn: signOnDemand.optional().describe('What it demands of the sign-on, whichever rule grants it.'),
  })
  .meta({ id: 'Scope', description: 'What a scope lets its holder do.' });

const governedResource = z
  .strictObject({
    identifier: resourceIdentifier.describe('Its URL, as clients connect to it and as aud names it.'),
    name: label.optional().describe('What people read.'),
    scopes: z.record(scopeToken, scopeFacts).default({}).describe('Its scopes by name.'),
    tags,
  })
  .meta({ id: 'Resource', description: 'An API or MCP server of a resource app, with its scopes.' });

const resourceApp = z
  .strictObject({
    id: identifier.describe('The key of an upsert.'),
    name: label.optional().describe('What people read.'),
    issuer: issuerUrl.describe("Its authorization server: the audience of every ID-JAG. Ours or a stranger's."),
    signingAlgorithm: z
      .enum(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'], { error: 'must be ES256, ES384, RS256, PS256 or EdDSA.' })
      .default('ES256')
      .describe('What signs the ID-JAGs for it.'),
    aliases: z
      .array(url)
      .default([])
      .describe('Further texts a client may send as audience, such as the issuer with a trailing slash.'),
    subject: z
      .enum(['public', 'pairwise'], { error: 'must be public or pairwise.' })
      .default('public')
      .describe('pairwise: people have a random subject of their own here.'),
    tenantClaim: label.optional().describe('The tenant claim, for a RAS that tells tenants of one issuer apart.'),
    resources: z.array(governedResource).min(1, 'must name at least one resource.'),
    state: z.enum(['active', 'disabled'], { error: 'must be active or disabled.' }).optional().describe(statedOnce),
    tags,
  })
  .meta({ id: 'ResourceApp', description: 'A SaaS or MCP product: one authorization server and its resources.' });

const connection = z
  .strictObject({
    client: clientId.describe('The id of a client app.'),
    resourceApp: identifier.describe('The id of a resource app.'),
    resourceClientId: clientIdentifier
      .optional()
      .describe('The id of the client at the RAS. Left out for a client with a metadata document: its URL.'),
    resources: z
      .array(resourceIdentifier)
      .optional()
      .describe('The resources it reaches; all of the resource app where none are given.'),
    defaultResource: resourceIdentifier.optional().describe('What a request without resource means.'),
    scopes: z.array(scopeToken).describe('The ceiling.'),
    defaultScopes: z
      .array(scopeToken)
      .optional()
      .describe('Granted when a request names no scope; the ceiling where none are given.'),
    state: z
      .enum(['pending', 'approved', 'blocked'], { error: 'must be pending, approved or blocked.' })
      .default('approved')
      .describe('Counts when it changes in the file; what an administrator blocked since stays blocked.'),
    accountLink: z
      .enum(['sub', 'email'], { error: 'must be sub or email.' })
      .default('sub')
      .describe('Which identifier of the person an ID-JAG carries beside sub.'),
    lifetimeSeconds: seconds.max(600, 'must be at most 600.').default(300).describe('How long an ID-JAG lives.'),
    dpopRequired: z
      .boolean()
      .default(false)
      .describe('Whether ID-JAGs over it must be bound to a key of the client (DPoP).'),
    owner: label.optional().describe('Who answers for this connection.'),
    reason: label.optional().describe('Why it exists.'),
    reviewAt: instant
      .optional()
      .describe('When its owner should look at it again; refuses nothing. ISO 8601 with zone.'),
    expiresAt: instant
      .optional()
      .describe('From then on it refuses. ISO 8601 with zone, or a date that means its first moment in UTC.'),
  })
  .meta({ id: 'Connection', description: 'A client app may reach a resource app: ceilings, mappings, switches.' });

/** An empty list would make a deny rule bite nobody. */
const notEmpty = 'must not be empty; leave it out to mean all.';
const riskList = z.array(z.enum(risks, { error: 'must be read, write, destructive or admin.' })).min(1, notEmpty);
const network = z.strictObject({
  in: z.array(addressRange).optional().describe('In one of these addresses or ranges.'),
  notIn: z.array(addressRange).optional().describe('In none of these.'),
});

const conditions = z.strictObject({
  acr: z.array(acrValue).optional().describe('One of these authentication context classes.'),
  amr: z.array(acrValue).optional().describe('All of these authentication methods.'),
  maxAge: seconds.optional().describe('Seconds since the person authenticated.'),
  network: network.optional().describe('Where the person signed on from.'),
  callerNetwork: network.optional().describe('Where the app calls from.'),
  time: z
    .strictObject({
      days: z
        .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
        .optional()
        .describe('On these days; every day where none are given.'),
      from: timeOfDay.optional().describe('From this time of day, HH:MM.'),
      to: timeOfDay.optional().describe('Until this time of day, HH:MM.'),
      timeZone: z
        .string()
        .refine(isTimeZone, 'is no IANA time zone.')
        .optional()
        .describe('An IANA name such as Europe/Zurich.'),
    })
    .optional()
    .describe('When the request is made.'),
});

const rule = z
  .strictObject({
    id: identifier.describe('The key of an upsert.'),
    state: z
      .enum(['active', 'disabled'], { error: 'must be active or disabled.' })
      .default('active')
      .describe('disabled withdraws a rule; leaving it out of the file does not.'),
    people: z.array(label).optional().describe('Usernames.'),
    groups: z.array(label).optional().describe('Who is in one of these groups.'),
    everyone: z.boolean().optional().describe('true: every person.'),
    connections: z
      .array(z.string().regex(/^\S+\/[A-Za-z0-9_-]+$/, 'must be CLIENT/RESOURCE-APP, such as agent/chat.'))
      .min(1, notEmpty)
      .optional()
      .describe('CLIENT/RESOURCE-APP; with no tags either, every connection.'),
    tags: z
      .strictObject({
        clients: z.array(identifier).min(1, notEmpty).optional().describe('Tags of the client app.'),
        resourceApps: z.array(identifier).min(1, notEmpty).optional().describe('Tags of the resource app.'),
        resources: z.array(identifier).min(1, notEmpty).optional().describe('Tags of the resource.'),
      })
      .optional()
      .describe('Every kind named must match; one tag of each is enough.'),
    scopes: z.array(scopeToken).min(1, notEmpty).optional().describe('All scopes of the ceiling where none are given.'),
    risks: riskList.optional().describe('Only scopes of these risks.'),
    conditions: conditions.optional().describe('All named conditions must hold.'),
    effect: z.enum(['allow', 'deny'], { error: 'must be allow or deny.' }).describe('A deny wins over every allow.'),
  })
  .refine(
    (entry) => entry.people !== undefined || entry.groups !== undefined || entry.everyone === true,
    'must say who: people, groups or everyone: true.',
  )
  .meta({
    id: 'Rule',
    description: 'Who may, or may never, use which connections with which scopes. A deny wins; no rule means no.',
  });

/** What `plan` and `apply` take. */
export const policy = z
  .strictObject({
    clientApps: z.array(clientApp).default([]),
    resourceApps: z.array(resourceApp).default([]),
    connections: z.array(connection).default([]),
    rules: z.array(rule).default([]),
    signOnByRisk: z
      .strictObject({
        read: signOnDemand.optional(),
        write: signOnDemand.optional(),
        destructive: signOnDemand.optional(),
        admin: signOnDemand.optional(),
      })
      .default({})
      .describe('What scopes of a risk demand of the sign-on, where they say nothing themselves.'),
  })
  .meta({ id: 'Policy', description: 'Client apps, resource apps, connections and rules.' });

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
