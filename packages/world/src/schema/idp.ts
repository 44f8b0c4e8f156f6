import { z } from 'zod';
import {
  database,
  dpopNonces,
  emailAddress,
  identifier,
  issuerUrl,
  label,
  listenAddress,
  seconds,
  secret,
  statedOnce,
  url,
} from './fields.ts';
import { signOnWorth } from './sign-on.ts';

const person = z
  .strictObject({
    username: label.describe('What the person types on the sign-on page. The key of an upsert.'),
    password: secret.optional().describe('Kept as argon2id. Without one the person cannot sign on with a password.'),
    email: emailAddress,
    emailVerified: z
      .boolean()
      .optional()
      .describe('Whether the company vouches for the address. A new address is not verified.'),
    name: label.optional().describe('The name others see.'),
    groups: z.array(label).default([]).describe('Group names; a group exists as soon as somebody is in it.'),
    state: z.enum(['active', 'disabled'], { error: 'must be active or disabled.' }).optional().describe(statedOnce),
  })
  .meta({ id: 'Person', description: 'A local person.' });

const tenants = z
  .record(identifier, z.strictObject({ name: label.optional() }))
  .refine((all) => Object.keys(all).length === 1, 'must name exactly one tenant: each IdP process serves one.')
  .default({ default: {} })
  .describe('The company this IdP serves. Its name is shown on the sign-on page.');

const exchangeLimits = z.strictObject({
  perClient: z.number().int().min(1).describe('Exchanges per minute and client app.'),
  perClientAndPerson: z.number().int().min(1).describe('Exchanges per minute, client app and person.'),
});

const admin = z
  .strictObject({
    listen: listenAddress
      .default('127.0.0.1:4711')
      .describe('The address the admin API binds: loopback, or one behind a proxy that terminates TLS.'),
    url: url.optional().describe('The https URL in front of it; needed where others than this machine reach listen.'),
  })
  .meta({ id: 'Admin', description: 'The admin API of the IdP, docs/admin-api.md. Off unless this section is here.' });

/** The enterprise IdP: where it listens, who is in it. */
export const idp = z
  .strictObject({
    issuer: issuerUrl.describe('Public; may differ from listen where a proxy terminates TLS.'),
    listen: listenAddress.describe('The address this process binds.'),
    database,
    keyFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Holds the key that encrypts private keys at rest; made when missing with development: true. The variable CROSSGRANT_IDP_KEY goes first.',
      ),
    clientMetadataDocuments: z
      .boolean()
      .default(false)
      .describe('Takes client apps whose id is the URL of their metadata document, each listed in policy.clientApps.'),
    publicClients: z
      .boolean()
      .default(false)
      .describe(
        'Lets apps whose document names the method none exchange, each time with a proof of possession (DPoP). Whoever gets hold of an ID token of such an app can exchange it too.',
      ),
    tenants,
    people: z.array(person).default([]),
    signOn: signOnWorth.optional().describe('What a sign-on is worth, in ID tokens and ID-JAGs.'),
    sessionSeconds: seconds.optional().describe('How long a sign-on session lasts at most.'),
    admin: admin.optional(),
    dpopNonces,
    exchangeLimits: exchangeLimits.optional().describe('Beyond these the answer is 429.'),
  })
  .meta({ id: 'Idp', description: "The enterprise IdP. Leave it out to trust a stranger's." });
