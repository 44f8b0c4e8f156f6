import { looksLikeMetadataUrl } from '@crossgrant/protocol';
import { importJwks } from '@crossgrant/protocol/jws';
import { z } from 'zod';
import { type PublicJwks, publicJwks, type Secret, secret, url } from './fields.ts';

const provingMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
const needsSecret = (methods: readonly string[]): boolean =>
  methods.some((method) => method.startsWith('client_secret_'));

const proofFields = {
  secret: secret.optional().describe('For the methods with a secret.'),
  jwks: publicJwks.optional().describe('The public keys of a client that signs its assertions: private_key_jwt.'),
  jwksUri: url.optional().describe('Where those keys are published, instead of jwks.'),
  tokenEndpointAudience: z
    .boolean()
    .default(false)
    .describe(
      'Accepts assertions whose audience is the URL of the token endpoint, as older clients write it. Off: the issuer alone.',
    ),
};

/** How a client app proves itself at the IdP. */
export const clientAppAuth = z
  .strictObject({ method: methodOf([...provingMethods, 'none']), ...proofFields })
  .superRefine(checkProof)
  .meta({
    id: 'ClientAppAuth',
    description:
      'How a client app proves itself at the IdP. A list of methods allows each of them; none is a public client with PKCE.',
  });

/** How a client proves itself at the authorization server. */
export const resourceClientAuth = z
  .strictObject({ method: methodOf([...provingMethods]), ...proofFields })
  .superRefine(checkProof)
  .meta({
    id: 'ResourceClientAuth',
    description: 'How a client proves itself at the authorization server. A list of methods allows each of them.',
  });

function methodOf<const T extends string>(methods: readonly [T, ...T[]]) {
  const known = `must be ${methods.slice(0, -1).join(', ')} or ${methods.at(-1)}.`;
  return z
    .union([z.enum(methods), z.array(z.enum(methods)).min(1)], { error: known })
    .transform((method): readonly T[] => (typeof method === 'string' ? [method as T] : (method as T[])));
}

interface Proof {
  readonly method: readonly string[];
  readonly secret?: Secret;
  readonly jwks?: PublicJwks;
  readonly jwksUri?: string;
  readonly tokenEndpointAudience: boolean;
}

function checkProof(auth: Proof, context: z.core.$RefinementCtx): void {
  const say = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message });
  if (needsSecret(auth.method) && auth.secret === undefined)
    say(
      'secret',
      `is missing: ${auth.method.filter((one) => one.startsWith('client_secret_')).join(' and ')} needs one.`,
    );
  if (auth.secret !== undefined && auth.method.includes('none'))
    say('secret', 'a client of method none has no secret.');
  checkKeys(auth, say);
}

function checkKeys(auth: Proof, say: (field: string, message: string) => void): void {
  const { jwks, jwksUri, tokenEndpointAudience } = auth;
  if (!auth.method.includes('private_key_jwt')) {
    const unused = 'is of no use: private_key_jwt is none of the methods.';
    if (jwks !== undefined) say('jwks', unused);
    if (jwksUri !== undefined) say('jwksUri', unused);
    if (tokenEndpointAudience) say('tokenEndpointAudience', unused);
    return;
  }
  if (jwks === undefined && jwksUri === undefined) say('jwks', 'is missing: private_key_jwt needs jwks or jwksUri.');
  if (jwks !== undefined && jwksUri !== undefined) say('jwksUri', 'is one source of keys too many beside jwks.');
  if (jwks === undefined) return;
  const { keys, problems } = importJwks(jwks);
  if (keys.length === 0) say('jwks', `holds no usable key. ${problems.join('. ')}.`.replace(/\.\.$/, '.'));
}

interface DescribedClient {
  readonly id: string;
  readonly auth?: object;
  readonly redirectUris?: readonly string[];
}

/** A client whose id is a URL describes itself there; every other one says here how it proves itself. */
export function checkDescription(client: DescribedClient, context: z.core.$RefinementCtx): void {
  const say = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message });
  const isDescribed = looksLikeMetadataUrl(client.id);
  const elsewhere = 'is said by the metadata document of this client, not here.';
  if (!isDescribed && client.auth === undefined) say('auth', 'is missing.');
  if (isDescribed && client.auth !== undefined) say('auth', elsewhere);
  if (isDescribed && (client.redirectUris ?? []).length > 0) say('redirectUris', elsewhere);
}
