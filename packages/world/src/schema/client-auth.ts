import { z } from 'zod';
import { secret } from './fields.ts';

const secretMethods = ['client_secret_basic', 'client_secret_post'] as const;
const needsSecret = (methods: readonly string[]): boolean =>
  methods.some((method) => method.startsWith('client_secret_'));

/** How a client app proves itself at the IdP. */
export const clientAppAuth = z
  .strictObject({ method: methodOf([...secretMethods, 'none']), secret: secret.optional() })
  .superRefine(checkSecret)
  .meta({
    id: 'ClientAppAuth',
    description:
      'How a client app proves itself at the IdP. A list of methods allows each of them; none is a public client with PKCE.',
  });

/** How a client proves itself at the authorization server. */
export const resourceClientAuth = z
  .strictObject({ method: methodOf([...secretMethods]), secret: secret.optional() })
  .superRefine(checkSecret)
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

function checkSecret(auth: { method: readonly string[]; secret?: unknown }, context: z.core.$RefinementCtx): void {
  if (needsSecret(auth.method) && auth.secret === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['secret'],
      message: `is missing: ${auth.method.join(' and ')} needs one.`,
    });
  }
  if (auth.secret !== undefined && auth.method.includes('none')) {
    context.addIssue({ code: 'custom', path: ['secret'], message: 'a client of method none has no secret.' });
  }
}
