import { newSubject } from '@crossgrant/protocol';
import type { ResourceApp } from '../domain/policy/model.ts';
import type { IdpDatabase } from '../store/schema.ts';

/** The subject of a person at a resource app: stored at first use, never changed, never given to anybody else. */
export type SubjectBook = (
  userId: string,
  app: Pick<ResourceApp, 'id' | 'subject'>,
  nowMs: number,
  epoch: number,
) => Promise<string>;

/** Most pairs kept in memory; the rest is read again. */
const rememberedPairs = 50_000;

/**
 * Subjects of one tenant. `public` is the subject of the person's ID tokens, as an ID token for the resource app would
 * carry it; `pairwise` is random per resource app. Replicas that meet a pair at the same time end with the same row.
 *
 * ID-JAG-04 §3.1, OIDC Core §8.
 */
export function createSubjectBook(database: IdpDatabase, tenantId: string): SubjectBook {
  const known = new Map<string, string>();

  async function read(userId: string, resourceAppId: string): Promise<string | undefined> {
    const row = await database.kysely
      .selectFrom('subjects')
      .select('subject')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('resource_app_id', '=', resourceAppId)
      .executeTakeFirst();
    return row?.subject;
  }

  async function store(
    userId: string,
    app: Pick<ResourceApp, 'id' | 'subject'>,
    nowMs: number,
    epoch: number,
  ): Promise<string> {
    const subject = app.subject === 'pairwise' ? newSubject() : userId; // IDJ-05
    await database.kysely
      .insertInto('subjects')
      .values({
        tenant_id: tenantId,
        user_id: userId,
        resource_app_id: app.id,
        subject,
        created_at: nowMs,
        version: epoch,
      })
      .onConflict((conflict) => conflict.columns(['tenant_id', 'user_id', 'resource_app_id']).doNothing())
      .execute();
    const stored = await read(userId, app.id);
    if (stored === undefined) throw new Error('a subject was stored and is not there');
    return stored;
  }

  return async (userId, app, nowMs, epoch) => {
    const pair = `${app.id} ${userId}`;
    const subject = known.get(pair) ?? (await read(userId, app.id)) ?? (await store(userId, app, nowMs, epoch));
    if (known.size >= rememberedPairs) known.clear();
    known.set(pair, subject);
    return subject;
  };
}
