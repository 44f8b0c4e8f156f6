import { z } from 'zod';
import { seconds } from './fields.ts';

/** A class or a method of a sign-on, as it travels in a list separated by spaces. */
export const acrValue: z.ZodType<string> = z
  .string({ error: (issue) => (issue.input === undefined ? 'is missing.' : 'must be a text.') })
  .regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/, 'must be printable ASCII without spaces, quotes and backslashes.');

/** What a sign-on must be like for something to be granted. */
export const signOnDemand = z
  .strictObject({
    acr: z.array(acrValue).min(1, 'must name at least one class.').optional().describe('One of these classes.'),
    maxAge: seconds.optional().describe('Seconds since the person signed on, at most.'),
  })
  .refine(({ acr, maxAge }) => acr !== undefined || maxAge !== undefined, 'must demand acr, maxAge or both.')
  .meta({
    id: 'SignOnDemand',
    description: 'A sign-on that is strong and fresh enough; otherwise the app is told to ask for one.',
  });

/** What a sign-on at the IdP is worth. */
export const signOnWorth = z.strictObject({
  password: z
    .strictObject({
      acr: acrValue.optional().describe('The class of the ID token; urn:crossgrant:acr:password where none is given.'),
      amr: z
        .array(acrValue)
        .min(1, 'must name at least one method.')
        .optional()
        .describe('Its methods; pwd where none are given.'),
    })
    .optional()
    .describe('A sign-on by password.'),
  unreachableAcr: z
    .enum(['refuse', 'best'], { error: 'must be refuse or best.' })
    .default('refuse')
    .describe(
      'When an app asks for classes of which none can be had here: refuse tells it so, best signs on as well as can be.',
    ),
});
