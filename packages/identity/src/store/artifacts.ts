import type { SecretBox } from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import type { Transaction } from 'kysely';
import { changeTenant, type IdentityDatabase, queries } from './identity-database.ts';
import type { IdentitySchema, OidcArtifactRow } from './schema.ts';

export interface ArtifactDeps {
  readonly database: IdentityDatabase;
  readonly tenantId: string;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

export type ArtifactPayload = Readonly<Record<string, unknown>>;

/** A stored artefact: the payload, and when it was used up, if it was. */
export interface StoredArtifact {
  readonly payload: ArtifactPayload;
  readonly consumedAt?: number;
}

/**
 * The rows of oidc-provider. Credentials are stored as an HMAC under a key of their kind, so the table opens nothing,
 * a truncated token is another token, and an id of one kind is none of another.
 */
export function artifactRow(
  deps: ArtifactDeps,
  kind: string,
  id: string,
  payload: ArtifactPayload,
  expiresInSeconds?: number,
): OidcArtifactRow {
  const now = deps.clock();
  return {
    kind,
    tenant_id: deps.tenantId,
    id: artifactKey(deps, kind, id),
    grant_id: textOf(kind === 'Grant' ? id : payload.grantId),
    sid: textOf(payload.sid),
    uid: textOf(payload.uid),
    user_code: textOf(payload.userCode),
    payload: JSON.stringify(withoutCredentials(payload)),
    created_at: now,
    expires_at: expiresInSeconds === undefined ? null : now + expiresInSeconds * 1000,
    consumed_at: null,
    revoked_at: null,
  };
}

/** Writes an artefact, or the next state of it. What was revoked stays revoked. */
export async function saveArtifact(deps: ArtifactDeps, row: OidcArtifactRow): Promise<void> {
  const { grant_id, sid, uid, user_code, payload, expires_at } = row;
  await queries(deps.database)
    .insertInto('oidc_artifacts')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['kind', 'tenant_id', 'id']).doUpdateSet({ grant_id, sid, uid, user_code, payload, expires_at }),
    )
    .execute();
}

export async function findArtifact(deps: ArtifactDeps, kind: string, id: string): Promise<StoredArtifact | undefined> {
  const row = await select(deps, kind)
    .where('id', '=', artifactKey(deps, kind, id))
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : { payload: { ...parse(row.payload), jti: id }, consumedAt: row.consumed_at ?? undefined };
}

export async function findArtifactByUid(
  deps: ArtifactDeps,
  kind: string,
  uid: string,
): Promise<StoredArtifact | undefined> {
  const row = await select(deps, kind).where('uid', '=', uid).executeTakeFirst();
  return row === undefined ? undefined : { payload: parse(row.payload), consumedAt: row.consumed_at ?? undefined };
}

/** Uses an artefact up. True for exactly one caller, however many there are at once. */
export async function consumeArtifact(deps: ArtifactDeps, kind: string, id: string): Promise<boolean> {
  const consumed = await queries(deps.database)
    .updateTable('oidc_artifacts')
    .set({ consumed_at: deps.clock() })
    .where('kind', '=', kind)
    .where('tenant_id', '=', deps.tenantId)
    .where('id', '=', artifactKey(deps, kind, id))
    .where('consumed_at', 'is', null) // LES-24
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return consumed !== undefined;
}

export async function destroyArtifact(deps: ArtifactDeps, kind: string, id: string): Promise<void> {
  if (kind === 'Grant') return revokeGrant(deps, id);
  await queries(deps.database)
    .deleteFrom('oidc_artifacts')
    .where('kind', '=', kind)
    .where('tenant_id', '=', deps.tenantId)
    .where('id', '=', artifactKey(deps, kind, id))
    .execute();
}

/**
 * Revokes a grant with every code and token of it. The grant leaves a tombstone, so that neither an authorization nor a
 * refresh that began before brings it back: tokens without a live grant are dead. What was decided by one of its tokens
 * and is not committed yet is decided again.
 */
export function revokeGrant(deps: ArtifactDeps, grantId: string): Promise<void> {
  return changeTenant(deps.database, deps.tenantId, (trx) => writeGrantEnd(trx, deps, grantId));
}

/** The same, inside a change that has other reasons too. */
export async function writeGrantEnd(
  trx: Transaction<IdentitySchema>,
  deps: ArtifactDeps,
  grantId: string,
): Promise<void> {
  await trx
    .updateTable('oidc_artifacts')
    .set({ revoked_at: deps.clock() })
    .where('kind', '=', 'Grant')
    .where('tenant_id', '=', deps.tenantId)
    .where('id', '=', artifactKey(deps, 'Grant', grantId))
    .execute();
  await trx
    .deleteFrom('oidc_artifacts')
    .where('tenant_id', '=', deps.tenantId)
    .where('grant_id', '=', grantId)
    .where('kind', 'not in', ['Interaction', 'Grant'])
    .execute();
}

export async function revokeByGrantId(deps: ArtifactDeps, grantId: string, kind: string): Promise<void> {
  await queries(deps.database)
    .deleteFrom('oidc_artifacts')
    .where('tenant_id', '=', deps.tenantId)
    .where('grant_id', '=', grantId)
    .where('kind', '=', kind)
    .execute();
}

/** Removes what expired, a bounded number of rows at a time. Returns how many went. */
export async function sweepArtifacts(database: IdentityDatabase, now: number, atMost = 1_000): Promise<number> {
  const kysely = queries(database);
  const old = await kysely
    .selectFrom('oidc_artifacts')
    .select(['kind', 'tenant_id', 'id'])
    .where('expires_at', '<', now - sweepDelayMilliseconds)
    .limit(atMost)
    .execute();
  for (const { kind, tenant_id, id } of old) {
    await kysely
      .deleteFrom('oidc_artifacts')
      .where('kind', '=', kind)
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', id)
      .execute();
  }
  await kysely
    .deleteFrom('sessions')
    .where('expires_at', '<', now - sessionMemoryMilliseconds)
    .execute();
  return old.length;
}

/** A row outlives its artefact a little, so that late replays are still told from inventions. */
const sweepDelayMilliseconds = 60_000;

/** Ended and expired sessions are remembered while a token of theirs could still be presented. */
const sessionMemoryMilliseconds = 24 * 3_600_000;

function select(deps: ArtifactDeps, kind: string) {
  return queries(deps.database)
    .selectFrom('oidc_artifacts')
    .select(['payload', 'consumed_at'])
    .where('kind', '=', kind)
    .where('tenant_id', '=', deps.tenantId)
    .where('revoked_at', 'is', null)
    .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', deps.clock())]));
}

/** What an artefact is stored under: nothing that opens anything. */
export function artifactKey(deps: ArtifactDeps, kind: string, id: string): string {
  return deps.secretBox.mac(`oidc-artifact/${kind}`, id); // LES-29, LES-27
}

/** The id of the row itself, and the session cookie that an interaction remembers, are credentials. */
function withoutCredentials(payload: ArtifactPayload): ArtifactPayload {
  const { jti: _jti, ...rest } = payload;
  if (typeof rest.session !== 'object' || rest.session === null) return rest;
  const { cookie: _cookie, ...session } = rest.session as Record<string, unknown>;
  return { ...rest, session };
}

function parse(text: string): ArtifactPayload {
  return JSON.parse(text) as ArtifactPayload;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
