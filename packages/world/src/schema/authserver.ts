import { limits } from '@crossgrant/protocol';
import { z } from 'zod';
import { checkDescription, resourceClientAuth } from './client-auth.ts';
import {
  clientId,
  database,
  dpopNonces,
  emailAddress,
  identifier,
  issuerUrl,
  label,
  listenAddress,
  publicJwks,
  resourceIdentifier,
  scopeToken,
  seconds,
  secret,
  url,
} from './fields.ts';
import { signOnDemand } from './sign-on.ts';

const customerName = identifier.default('default');
const algorithms = z
  .array(
    z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'], { error: 'must be ES256, ES384, RS256, PS256 or EdDSA.' }),
  )
  .min(1, 'must name at least one algorithm.');

const customer = z
  .strictObject({ id: identifier, name: label.optional().describe('What people read.') })
  .meta({ id: 'Customer', description: 'One company at the authorization server.' });

const unstated = 'Left out: unchanged; a new entry is active.';
const activeOrDisabled = z
  .enum(['active', 'disabled'], { error: 'must be active or disabled.' })
  .optional()
  .describe(unstated);

const account = z
  .strictObject({
    id: identifier.describe('Its subject in access tokens. The key of an upsert.'),
    customer: customerName,
    email: emailAddress.optional(),
    emailVerified: z.boolean().optional(),
    scopes: z.array(scopeToken).optional().describe('A ceiling for this person; all scopes where none are given.'),
    links: z
      .array(z.strictObject({ issuer: issuerUrl, tenant: label.optional(), subject: label }))
      .default([])
      .describe('People of trusted issuers who are this account.'),
    state: activeOrDisabled,
  })
  .meta({ id: 'Account', description: 'A person of a customer, known before any ID-JAG names them.' });

const resourceClient = z
  .strictObject({
    id: clientId.describe(
      'Its client id here: a name, or the URL of its metadata document where clientMetadataDocuments is on. The key of an upsert.',
    ),
    name: label.optional().describe('What people read.'),
    auth: resourceClientAuth.optional(),
    customer: identifier.optional().describe('The one customer it works for; every customer where none is given.'),
    scopes: z.array(scopeToken).optional().describe('Its ceiling; all scopes where none are given.'),
    dpopRequired: z
      .boolean()
      .default(false)
      .describe('Whether each of its token requests must carry a proof of possession (DPoP).'),
    state: z.enum(['active', 'blocked'], { error: 'must be active or blocked.' }).optional().describe(unstated),
  })
  .superRefine(checkDescription)
  .meta({ id: 'ResourceClient', description: 'A client of the authorization server.' });

const linkingSwitches = z.strictObject({
  jit: z.boolean().default(false).describe('Make an account for a person never seen before.'),
  email: z.boolean().default(false).describe('Link by verified e-mail address.'),
  verifiedDomains: z.array(z.string()).default([]).describe('The domains this issuer may speak for.'),
  audSub: z.boolean().default(false).describe('Take the aud_sub claim as the account.'),
});

const trustedIssuer = z
  .strictObject({
    issuer: issuerUrl,
    customer: customerName,
    keys: z
      .union([z.literal('discovery'), z.strictObject({ jwks: publicJwks }), z.strictObject({ jwksUri: url })], {
        error: 'must be discovery, { jwks: … } or { jwksUri: URL }.',
      })
      .default('discovery')
      .describe('discovery reads the jwks_uri of its metadata; jwks pins the keys.'),
    algorithms: algorithms.default(['ES256', 'RS256']).describe('The signatures accepted from it.'),
    tenant: z
      .union([z.strictObject({ pin: label }), z.strictObject({ map: z.record(label, identifier) })], {
        error: 'must be { pin: TENANT } or { map: { TENANT: CUSTOMER } }.',
      })
      .optional()
      .describe('pin: only this tenant of the issuer. map: several tenants, each a customer of its own.'),
    audTenants: z.array(identifier).optional().describe('Further customers an ID-JAG may name by aud_tenant.'),
    clients: z
      .union([z.enum(['any', 'vouched']), z.array(clientId).min(1, 'must name at least one client.')], {
        error: 'must be a list of client ids, any, or vouched.',
      })
      .describe(
        'The clients whose ID-JAGs it may issue: those listed, each in authserver.clients; any that is registered or of an approved domain; vouched, further any client with a metadata document that it signs an ID-JAG for.',
      ),
    resources: z
      .array(resourceIdentifier)
      .optional()
      .describe('The resources it may speak about; all where none are given.'),
    defaultResource: resourceIdentifier
      .optional()
      .describe('What an ID-JAG without resource means; without it such an ID-JAG is refused.'),
    defaultScopes: z
      .array(scopeToken)
      .optional()
      .describe('What an ID-JAG without scope means; without it such an ID-JAG is refused.'),
    linking: z
      .union([z.enum(['jit', 'linked']), linkingSwitches], { error: 'must be jit, linked, or an object of switches.' })
      .default('linked')
      .describe(
        'jit makes an account at the first redemption; linked takes people whose link is stored; the object form switches each way on its own.',
      ),
    reuse: z
      .enum(['refuse', 'allow'], { error: 'must be refuse or allow.' })
      .default('refuse')
      .describe('Whether one ID-JAG may be redeemed again before it expires.'),
    skewSeconds: z
      .number()
      .int()
      .min(0)
      .max(limits.skewSecondsAtMost, `must be at most ${limits.skewSecondsAtMost} seconds.`)
      .default(limits.skewSeconds)
      .describe('How far its clock may be off.'),
    lifetimeCapSeconds: seconds
      .max(3600, 'must be at most 3600.')
      .default(300)
      .describe('The longest ID-JAG accepted.'),
    toleratesTrailingSlash: z
      .boolean()
      .default(false)
      .describe('Whether aud may have one slash more or less than the issuer here.'),
    state: activeOrDisabled,
  })
  .meta({ id: 'TrustedIssuer', description: 'An IdP whose ID-JAGs are accepted, and how far.' });

const protectedResource = z
  .strictObject({
    identifier: resourceIdentifier.describe('Its URL: the aud of its access tokens.'),
    name: label.optional().describe('What people read.'),
    scopes: z.array(scopeToken).min(1, 'must name at least one scope.'),
    tools: z.record(label, scopeToken).default({}).describe('The scope each MCP tool needs.'),
    accessTokenSeconds: seconds
      .max(limits.accessTokenSecondsAtMost, `must be at most ${limits.accessTokenSecondsAtMost} seconds.`)
      .default(limits.accessTokenSeconds),
    accessTokens: z
      .enum(['jwt', 'opaque'], { error: 'must be jwt or opaque.' })
      .default('jwt')
      .describe('opaque: random texts, which the resource server asks about by introspection at each use.'),
    signOnByScope: z
      .record(scopeToken, signOnDemand)
      .optional()
      .describe('What a scope asks of the sign-on; a weaker one does not get the scope.'),
    dpopRequired: z.boolean().default(false).describe('Whether its access tokens must be bound to a key (DPoP).'),
    introspectionSecret: secret.optional().describe('Lets the resource server introspect tokens for this resource.'),
  })
  .meta({ id: 'ProtectedResource', description: "An API or MCP server that takes this server's access tokens." });

/** The hosted resource authorization server. */
export const authserver = z
  .strictObject({
    issuer: issuerUrl.describe('Public; the audience of the ID-JAGs it takes.'),
    listen: listenAddress.describe('The address this process binds.'),
    database,
    keyFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Holds the key that encrypts private keys at rest; made when missing with development: true. The variable CROSSGRANT_AS_KEY goes first.',
      ),
    dpopNonces,
    jwtDpopGrant: z
      .boolean()
      .default(false)
      .describe('Whether the grant type jwt-dpop is taken beside jwt-bearer; it demands bound ID-JAGs.'),
    customers: z.array(customer).default([{ id: 'default' }]),
    accounts: z.array(account).default([]),
    clients: z.array(resourceClient).default([]),
    clientMetadataDocuments: z
      .strictObject({
        domains: z
          .array(
            z
              .string()
              .regex(
                /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/,
                'must be a host name such as agent.example or *.agent.example.',
              ),
          )
          .default([])
          .describe('Hosts whose clients need no entry of their own in clients.'),
        publicClients: z
          .boolean()
          .default(false)
          .describe(
            'Lets clients whose document names the method none redeem ID-JAGs that are bound to a key, with its proof (DPoP).',
          ),
      })
      .optional()
      .describe('Takes clients whose id is the URL of their metadata document. Left out: none.'),
    trustedIssuers: z.array(trustedIssuer).default([]),
    resources: z.array(protectedResource).default([]),
  })
  .meta({
    id: 'AuthServer',
    description: "The resource authorization server. Leave it out when a stranger's stands there.",
  });
