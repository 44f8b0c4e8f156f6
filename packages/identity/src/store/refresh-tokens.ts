import { type AuditEntry, changeWithProofs, type ScopedProofUse, type UsedProof } from '@crossgrant/platform';
import type { Transaction } from 'kysely';
import { type SessionRecord, toSession } from '../sessions/session.ts';
import { type ArtifactDeps, artifactKey, writeGrantEnd } from './artifacts.ts';
import { queries } from './identity-database.ts';
import type { IdentitySchema } from './schema.ts';

/** What a refresh token says of the person and of the one sign-on it rests on. */
export interface RefreshTokenFacts {
  readonly userId: string;
  readonly clientId: string;
  readonly grantId: string;
  readonly sid: string;
  /** Seconds; of the original sign-on, however often the token was renewed. */
  readonly authTime: number;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  readonly scope: readonly string[];
  /** Thumbprint of the key the token is bound to. */
  readonly boundTo: string | undefined;
}

/**
 * A refresh token as it stands in the database. A rotated one was replaced by a later token of the same grant: whoever
 * still shows it got it in two places.
 */
export type StoredRefreshToken =
  | { readonly state: 'live'; readonly facts: RefreshTokenFacts; readonly session: SessionRecord | undefined }
  | { readonly state: 'rotated'; readonly facts: RefreshTokenFacts }
  | { readonly state: 'dead' };

/** Refresh tokens of one tenant, for those who accept them elsewhere than at a renewal. */
export interface RefreshTokens {
  /** One look-up: the token by its whole text, its grant and its session. Nothing is used up. */
  find(text: string): Promise<StoredRefreshToken>;
  /** Ends the grant with every token of it, together with an audit row and the use of the proofs of whoever showed it. */
  endFamily(
    grantId: string,
    shown: { readonly proofs: readonly ScopedProofUse[]; readonly audit: AuditEntry },
  ): Promise<'committed' | UsedProof>;
}

const dead: StoredRefreshToken = { state: 'dead' };

/**
 * Reads refresh tokens as a renewal would, without renewing. Whether a token was rotated away is told by its row, never by
 * comparing times; a token whose grant is not alive is dead, whatever its own row says.
 *
 * RFC 9700 §4.14, ID-JAG-04 §4.3.3.
 */
export function createRefreshTokens(deps: ArtifactDeps): RefreshTokens {
  return {
    async find(text) {
      const row = await readRow(deps, text);
      const facts = row === undefined ? undefined : readFacts(row.payload);
      if (row === undefined || facts === undefined || row.grant === null) return dead; // TEX-10, RTK-04
      if (row.consumed_at !== null) return { state: 'rotated', facts }; // RTK-03, LES-25
      return { state: 'live', facts, session: sessionOf(row) };
    },
    endFamily: (grantId, { proofs, audit }) =>
      changeWithProofs(deps.database, deps.tenantId, proofs, async (trx, _epoch, auditChange) => {
        await writeGrantEnd(trx as unknown as Transaction<IdentitySchema>, deps, grantId); // RTK-03
        auditChange(audit);
      }),
  };
}

type FoundRow = NonNullable<Awaited<ReturnType<typeof readRow>>>;

async function readRow(deps: ArtifactDeps, text: string) {
  return queries(deps.database)
    .selectFrom('oidc_artifacts as token')
    .leftJoin('oidc_artifacts as family', (join) =>
      join
        .onRef('family.tenant_id', '=', 'token.tenant_id')
        .onRef('family.grant_id', '=', 'token.grant_id')
        .on('family.kind', '=', 'Grant')
        .on('family.revoked_at', 'is', null),
    )
    .leftJoin('sessions as session', (join) =>
      join.onRef('session.tenant_id', '=', 'token.tenant_id').onRef('session.sid', '=', 'token.sid'),
    )
    .select(['token.payload', 'token.consumed_at', 'family.id as grant'])
    .select([
      'session.sid',
      'session.client_id',
      'session.user_id',
      'session.auth_time_seconds',
      'session.acr',
      'session.amr',
      'session.address',
      'session.ended_at',
      'session.expires_at',
    ])
    .where('token.kind', '=', 'RefreshToken')
    .where('token.tenant_id', '=', deps.tenantId)
    .where('token.id', '=', artifactKey(deps, 'RefreshToken', text)) // LES-23
    .where('token.revoked_at', 'is', null)
    .where('token.expires_at', '>', deps.clock())
    .executeTakeFirst();
}

function sessionOf(row: FoundRow): SessionRecord | undefined {
  return row.sid === null ? undefined : toSession(row as Parameters<typeof toSession>[0]);
}

function readFacts(payload: string): RefreshTokenFacts | undefined {
  const { accountId, clientId, grantId, sid, authTime, acr, amr, scope, jkt } = JSON.parse(payload) as Record<
    string,
    unknown
  >;
  if (!isText(accountId) || !isText(clientId) || !isText(grantId) || !isText(sid)) return undefined;
  if (typeof authTime !== 'number') return undefined;
  return {
    userId: accountId,
    clientId,
    grantId,
    sid,
    authTime,
    acr: isText(acr) ? acr : undefined,
    amr: Array.isArray(amr) ? amr.filter(isText) : undefined,
    scope: isText(scope) ? scope.split(' ') : [],
    boundTo: isText(jkt) ? jkt : undefined,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
