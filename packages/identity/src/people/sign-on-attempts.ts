import { sql } from 'kysely';
import { type IdentityDatabase, queries } from '../store/identity-database.ts';

/** Wrong tries in a row after which an account takes no more. */
export const triesBeforeLock = 5;

/** A person as one row of a tenant. */
export interface Account {
  readonly id: string;
  readonly tenantId: string;
}

/** How long it then takes none. */
export const lockMilliseconds = 15 * 60_000;

/**
 * Takes one of the account's tries, before the password is looked at: of any number of parallel guesses no more than
 * `triesBeforeLock` are answered. False while the account is locked.
 *
 * The count stands in the row of the resolved account, so neither another spelling of the name, nor a restart, nor a
 * flood of invented names makes it forget.
 */
export async function takeTry(database: IdentityDatabase, account: Account, now: number): Promise<boolean> {
  const isLockOver = sql<boolean>`locked_until is not null and locked_until <= ${now}`;
  const lockedUntil = sql<number>`cast(${now + lockMilliseconds} as bigint)`;
  const tries = sql<number>`case when ${isLockOver} then 1 else failed_sign_ons + 1 end`;
  const isLast = sql<boolean>`(${tries}) >= ${triesBeforeLock}`;
  const lock = sql<number | null>`case when ${isLast} then ${lockedUntil} else null end`;
  const taken = await queries(database)
    .updateTable('users')
    .set({
      failed_sign_ons: tries,
      locked_until: lock, // LES-05
    })
    .where('tenant_id', '=', account.tenantId)
    .where('id', '=', account.id)
    .where((e) => e.or([e('locked_until', 'is', null), e('locked_until', '<=', now)])) // LES-05
    .returning('id')
    .executeTakeFirst();
  return taken !== undefined;
}

/**
 * Forgets the tries after a right password, if the account is still active at this very moment. False when it is not:
 * then nobody is signed on.
 */
export async function settleTries(database: IdentityDatabase, account: Account): Promise<boolean> {
  const settled = await queries(database)
    .updateTable('users')
    .set({ failed_sign_ons: 0, locked_until: null })
    .where('tenant_id', '=', account.tenantId)
    .where('id', '=', account.id)
    .where('state', '=', 'active') // LES-05, LES-20
    .returning('id')
    .executeTakeFirst();
  return settled !== undefined;
}
