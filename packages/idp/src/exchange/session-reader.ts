import { type IdentityDatabase, prepareFindSession } from '@crossgrant/identity';
import type { LiveSession } from './may-issue.ts';

/** Finds the session a `sid` stands for, ended ones included: the gate judges, not the look-up. */
export type SessionReader = (sid: string, epoch: number) => Promise<LiveSession | undefined>;

/**
 * Reads sessions of one tenant from the database. Sessions are made and renewed by any replica at any moment, so no
 * snapshot can know them all; one that ends raises the tenant's epoch, and with it spoils what was decided before.
 */
export function createSessionReader(database: IdentityDatabase, tenantId: string): SessionReader {
  return prepareFindSession(database, tenantId);
}
