import { z } from 'zod';
import { authserver } from './authserver.ts';
import { idp } from './idp.ts';
import { mcpServer, sampleApp } from './parties.ts';
import { policy } from './policy.ts';

/** One world file: a whole deployment or a test world. Unknown fields are mistakes. */
export const worldSchema = z.strictObject({
  development: z.boolean().default(false).describe('Allows http on loopback and literal secrets. Never in production.'),
  idp: idp.optional(),
  policy: policy.optional(),
  authserver: authserver.optional(),
  mcpServer: mcpServer.optional(),
  sampleApp: sampleApp.optional(),
});

export type World = z.output<typeof worldSchema>;
