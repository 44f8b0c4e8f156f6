import type { AuditEntry } from '@crossgrant/platform';
import type { Transaction } from 'kysely';
import { changeTenant, type IdentityDatabase, queries } from '../store/identity-database.ts';
import type { IdentitySchema } from '../store/schema.ts';

/** Which sessions: those of one browser, or of the browser one `sid` belongs to. */
export type SessionChoice = { readonly browserSession: string } | { readonly sid: string };

/**
 * Ends the sessions of one browser at every client app, together with what oidc-provider keeps about it. ID tokens that
 * carry their `sid` no longer work as subject tokens, and no refresh token of theirs renews anything.
 *
 * The audit row becomes durable with the change. Returns how many sessions ended.
 */
export async function endSessions(
  database: IdentityDatabase,
  tenantId: string,
  choice: SessionChoice,
  now: number,
  audit?: AuditEntry,
): Promise<number> {
  const browserSession =
    'sid' in choice ? await browserSessionOf(database, tenantId, choice.sid) : choice.browserSession;
  if (browserSession === undefined) return 0;
  return changeTenant(database, tenantId, async (trx, epoch, auditChange) => {
    const ended = await trx
      .updateTable('sessions')
      .set({ ended_at: now, version: epoch })
      .where('tenant_id', '=', tenantId)
      .where('browser_session', '=', browserSession)
      .where('ended_at', 'is', null)
      .returning('sid')
      .execute();
    await forgetBrowsers(trx, tenantId, [browserSession]);
    if (audit !== undefined) auditChange(audit);
    return ended.length;
  });
}

/**
 * Ends every session of a person, inside a change that has other reasons too. No browser they signed on with signs on
 * silently any more, one whose sessions ended before neither.
 */
export async function endSessionsOfPerson(
  trx: Transaction<IdentitySchema>,
  change: { readonly tenantId: string; readonly userId: string; readonly now: number; readonly epoch: number },
): Promise<void> {
  await trx
    .updateTable('sessions')
    .set({ ended_at: change.now, version: change.epoch })
    .where('tenant_id', '=', change.tenantId)
    .where('user_id', '=', change.userId)
    .where('ended_at', 'is', null)
    .execute();
  const browsers = await trx
    .selectFrom('sessions')
    .select('browser_session')
    .distinct()
    .where('tenant_id', '=', change.tenantId)
    .where('user_id', '=', change.userId)
    .execute();
  const uids = browsers.map((row) => row.browser_session);
  await forgetBrowsers(trx, change.tenantId, uids); // LES-20
}

async function forgetBrowsers(
  trx: Transaction<IdentitySchema>,
  tenantId: string,
  browserSessions: readonly string[],
): Promise<void> {
  if (browserSessions.length === 0) return;
  await trx
    .deleteFrom('oidc_artifacts')
    .where('tenant_id', '=', tenantId)
    .where('kind', '=', 'Session')
    .where('uid', 'in', browserSessions)
    .execute();
}

async function browserSessionOf(
  database: IdentityDatabase,
  tenantId: string,
  sid: string,
): Promise<string | undefined> {
  const row = await queries(database)
    .selectFrom('sessions')
    .select('browser_session')
    .where('tenant_id', '=', tenantId)
    .where('sid', '=', sid)
    .executeTakeFirst();
  return row?.browser_session;
}
