import type { SelectQueryBuilder } from 'kysely';
import { type IdentityDatabase, queries } from '../store/identity-database.ts';
import type { IdentitySchema, SessionRow } from '../store/schema.ts';

/** One client app in one signed-in browser: what the `sid` of an ID token stands for. */
export interface SessionRecord {
  readonly sid: string;
  readonly clientId: string;
  readonly userId: string;
  /** Seconds. */
  readonly authTime: number;
  readonly acr?: string;
  readonly amr: readonly string[];
  /** Where the person signed on from. */
  readonly address?: string;
  readonly endedAt?: number;
  /** Milliseconds; nothing derived from the session lives longer. */
  readonly expiresAt: number;
}

export async function findSession(
  database: IdentityDatabase,
  tenantId: string,
  sid: string,
): Promise<SessionRecord | undefined> {
  const row = await oneSession(database, tenantId, sid).executeTakeFirst();
  return row === undefined ? undefined : toSession(row);
}

/** `findSession` of one tenant, for a path that asks at every request. */
export function prepareFindSession(
  database: IdentityDatabase,
  tenantId: string,
): (sid: string) => Promise<SessionRecord | undefined> {
  const lookUp = database.lookUp<SessionRow>(oneSession(database, tenantId, 'sid'));
  return async (sid) => {
    const row = await lookUp(tenantId, sid);
    return row === undefined ? undefined : toSession(row);
  };
}

function oneSession(
  database: IdentityDatabase,
  tenantId: string,
  sid: string,
): SelectQueryBuilder<IdentitySchema, 'sessions', SessionRow> {
  return queries(database).selectFrom('sessions').selectAll().where('tenant_id', '=', tenantId).where('sid', '=', sid);
}

/** Sessions of a tenant that ended and whose tokens could still be around: what a snapshot needs to refuse them. */
export async function listEndedSessions(
  database: IdentityDatabase,
  tenantId: string,
  changedAfter = -1,
): Promise<readonly SessionRecord[]> {
  const rows = await queries(database)
    .selectFrom('sessions')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('ended_at', 'is not', null)
    .where('version', '>', changedAfter)
    .execute();
  return rows.map(toSession);
}

export interface NewSession {
  readonly tenantId: string;
  readonly sid: string;
  readonly browserSession: string;
  readonly clientId: string;
  readonly userId: string;
  readonly authTime: number;
  readonly acr?: string;
  readonly amr: readonly string[];
  readonly address?: string;
  readonly expiresAt: number;
}

/**
 * Records what a `sid` stands for, before any token that carries it exists. A fresh sign-on in the same browser moves
 * the row forward; a row that ended stays ended, and a row never changes its person or client. False when it may not
 * be used.
 */
export async function recordSession(
  database: IdentityDatabase,
  session: NewSession,
  now: number,
  epoch: number,
): Promise<boolean> {
  const row: SessionRow = {
    tenant_id: session.tenantId,
    sid: session.sid,
    browser_session: session.browserSession,
    client_id: session.clientId,
    user_id: session.userId,
    auth_time_seconds: session.authTime,
    acr: session.acr ?? null,
    amr: JSON.stringify(session.amr),
    address: session.address ?? null,
    created_at: now,
    expires_at: session.expiresAt,
    ended_at: null,
    version: epoch,
  };
  const { auth_time_seconds, acr, amr, address, expires_at } = row;
  const written = await queries(database)
    .insertInto('sessions')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'sid'])
        .doUpdateSet({ auth_time_seconds, acr, amr, address, expires_at })
        .where('sessions.ended_at', 'is', null) // SSO-10
        .where('sessions.user_id', '=', session.userId)
        .where('sessions.client_id', '=', session.clientId),
    )
    .returning('sid')
    .executeTakeFirst();
  return written !== undefined;
}

type StoredSession = Pick<
  SessionRow,
  'sid' | 'client_id' | 'user_id' | 'auth_time_seconds' | 'acr' | 'amr' | 'address' | 'ended_at' | 'expires_at'
>;

export function toSession(row: StoredSession): SessionRecord {
  return {
    sid: row.sid,
    clientId: row.client_id,
    userId: row.user_id,
    authTime: row.auth_time_seconds,
    acr: row.acr ?? undefined,
    amr: JSON.parse(row.amr) as readonly string[],
    address: row.address ?? undefined,
    endedAt: row.ended_at ?? undefined,
    expiresAt: row.expires_at,
  };
}
