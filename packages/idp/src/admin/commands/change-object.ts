import { changeScope, type KeyDesk, type Logger, Misuse, type SecretBox } from '@crossgrant/platform';
import type { Clock, JsonObject, JsonValue } from '@crossgrant/protocol';
import type { PolicyChange } from '../../commands/change.ts';
import type { LiveStateSource } from '../../snapshot/live-state.ts';
import type { IdpDatabase } from '../../store/schema.ts';
import type { Admin } from '../domain/admin.ts';
import { etagOf } from '../domain/etag.ts';
import { type Outcome, type Problem, problem } from '../domain/problem.ts';

/** What the admin API of one tenant stands on. */
export interface AdminDeps {
  readonly database: IdpDatabase;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly secretBox: SecretBox;
  readonly keys: KeyDesk;
  readonly liveState: Pick<LiveStateSource, 'refresh'>;
  readonly development: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who acts, why, and on what they saw. */
export interface Act {
  readonly admin: Admin;
  /** Of the request; the audit row, the log and a problem carry the same. */
  readonly id: string;
  readonly address: string;
  readonly reason?: string;
  /** The tag of the object as it was read; checked inside the transaction of the change. */
  readonly ifMatch?: string;
}

/** The instant and epoch a change is written at. */
export interface At {
  readonly now: number;
  readonly epoch: number;
}

export interface ObjectChange<V extends object> {
  /** Such as `connection/approved`. */
  readonly code: string;
  /** The id of the object; absent when it is made here. */
  readonly id?: string;
  /** The fields whose values the audit may hold before and after: nothing that identifies a person, no secret. */
  readonly audited: readonly (keyof V & string)[];
  /** The object as it is shown, within the tenant; undefined when there is none. */
  read(trx: PolicyChange, id: string): Promise<V | undefined>;
  /** Writes the change and returns the id of the object. Refuses by throwing `Refused`. */
  write(trx: PolicyChange, before: V | undefined, at: At): Promise<string>;
}

/** Ends a change inside its transaction, so that nothing of it stays. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: Problem;

  constructor(refused: { readonly problem: Problem }) {
    super(refused.problem.code);
    this.problem = refused.problem;
  }
}

/**
 * Runs one change of one object: found within the tenant, still as it was seen, written, and on record with who did it,
 * why, and what was there before and after; all of that in one transaction that also raises the epoch.
 */
export async function changeObject<V extends object>(
  deps: AdminDeps,
  act: Act,
  change: ObjectChange<V>,
): Promise<Outcome<V>> {
  const { database, tenantId, clock, log } = deps;
  try {
    const value = await changeScope(database, tenantId, async (trx, epoch, audit) => {
      const now = clock();
      const before = change.id === undefined ? undefined : await change.read(trx, change.id);
      if (change.id !== undefined && before === undefined) throw new Refused(problem('admin/not-found'));
      if (before !== undefined && act.ifMatch !== undefined && etagOf(before) !== act.ifMatch)
        throw new Refused(problem('admin/precondition-failed')); // LES-72
      const id = await change.write(trx, before, { now, epoch });
      const after = await change.read(trx, id);
      if (after === undefined) throw new Error(`${change.code}: the object is not there after its change`);
      audit({
        id: act.id,
        scope: tenantId,
        at: now,
        kind: 'change',
        outcome: 'done',
        code: change.code,
        facts: factsOf(act, change, { id, before, after }),
        personal: { person: act.admin.tokenId, username: act.admin.name, address: act.address },
      });
      return after;
    });
    log.info({ id: act.id, act: change.code, actor: act.admin.tokenId }, 'an administrator changed something');
    return { ok: true, value };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, problem: error.problem };
    if (error instanceof Misuse) return problem('admin/invalid', { errors: [{ path: '', sentence: error.message }] });
    throw error;
  }
}

function factsOf<V extends object>(
  { admin, reason }: Act,
  { audited }: ObjectChange<V>,
  { id, before, after }: { id: string; before: V | undefined; after: V },
): JsonObject {
  const changed = audited.filter((field) => JSON.stringify(before?.[field]) !== JSON.stringify(after[field]));
  const pick = (view: V): JsonObject =>
    Object.fromEntries(changed.map((field) => [field, view[field] as JsonValue])) as JsonObject;
  return {
    object: id,
    actor: admin.tokenId,
    role: admin.role,
    ...(reason === undefined ? {} : { reason }),
    ...(before === undefined ? {} : { before: pick(before) }),
    after: pick(after),
  };
}
