import { changeScope, type Database } from '@crossgrant/platform';
import { type Clock, newId } from '@crossgrant/protocol';
import type { ResourceStore } from '@crossgrant/resource';
import type { AuthServerSchema } from '../store/schema.ts';

export interface CommandDeps {
  readonly database: Database<AuthServerSchema>;
  readonly store: ResourceStore;
  readonly scope: string;
  readonly clock: Clock;
  /** Throws where the rows, as the change leaves them, make no sense. */
  readonly checkRows: (queries: Database<AuthServerSchema>['kysely'], epoch: number) => Promise<unknown>;
}

/** Who acts, and why; both go into the audit row. */
export interface Act {
  readonly actor: string;
  readonly reason?: string;
}

/** Whatever a command answers: the id of its audit row, and whether there was anything to change. */
export interface Done {
  readonly id: string;
  readonly isKnown: boolean;
}

/** Sets the state of one row of a directory table, in one change with its audit row; a state that no replica could work with is refused. */
export function changeState(
  deps: CommandDeps,
  target: { table: 'as_clients' | 'trusted_issuers' | 'customers'; column: string; key: string; state: string },
  code: string,
  act: Act,
): Promise<Done> {
  const at = deps.clock();
  const id = newId('aud', at);
  return changeScope(deps.database, deps.scope, async (trx, epoch, record) => {
    const result = await trx
      .updateTable(target.table)
      .set({ state: target.state, version: epoch } as never)
      .where(target.column as never, '=', target.key as never)
      .executeTakeFirst();
    const isKnown = Number(result.numUpdatedRows) === 1;
    const facts = { key: target.key, reason: act.reason ?? null };
    const personal = { person: act.actor };
    const entry = { id, scope: deps.scope, at, kind: 'change', outcome: 'done', code, facts, personal } as const;
    if (isKnown) record(entry); // ADM-04
    if (target.state === 'active') await deps.checkRows(trx, epoch); // LES-73
    return { id, isKnown };
  });
}
