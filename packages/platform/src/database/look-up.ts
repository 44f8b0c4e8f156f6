import type { Compilable, Kysely } from 'kysely';
import { isBusy, openSqliteFile } from './sqlite-file.ts';

/** A query asked again and again with other values, in the order of its parameters. At most one row. */
export type LookUp<R> = (...values: readonly (string | number)[]) => Promise<R | undefined>;

/** Turns a query with example values into a look-up: built and compiled once, for the paths where that costs most. */
export interface LookUps {
  prepare<R>(query: Compilable<R>): LookUp<R>;
  close(): void;
}

/**
 * Look-ups on SQLite have a connection of their own that only reads: it sees what is committed and nothing that a
 * transaction has open, without waiting for its turn.
 */
export function sqliteLookUps(path: string, fallback: LookUps): LookUps {
  const database = openSqliteFile(path, 20);
  database.exec('PRAGMA query_only = ON');
  return {
    prepare<R>(query: Compilable<R>): LookUp<R> {
      const { sql, parameters } = query.compile();
      const statement = database.prepare(sql);
      const patient = fallback.prepare(query);
      return async (...values) => {
        checkCount(values, parameters);
        try {
          return statement.get(...values) as R | undefined;
        } catch (error) {
          if (!isBusy(error)) throw error;
          return patient(...values);
        }
      };
    },
    close: () => database.close(),
  };
}

export function kyselyLookUps<S>(kysely: Kysely<S>): LookUps {
  return {
    prepare<R>(query: Compilable<R>): LookUp<R> {
      const compiled = query.compile();
      return async (...values) => {
        checkCount(values, compiled.parameters);
        const { rows } = await kysely.executeQuery<R>({ ...compiled, parameters: values });
        return rows[0];
      };
    },
    close: () => undefined,
  };
}

function checkCount(values: readonly unknown[], parameters: readonly unknown[]): void {
  if (values.length !== parameters.length)
    throw new Error(`a look-up takes ${parameters.length} values and was given ${values.length}`);
}
