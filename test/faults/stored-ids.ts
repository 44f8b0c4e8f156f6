import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** Every value of one column, read past the server: from the SQLite file or the PostgreSQL database itself. */
export async function storedIds(database: string, table: string, column: string): Promise<ReadonlySet<string>> {
  const statement = `select ${column} as id from ${table}`;
  if (!database.startsWith('postgres')) {
    const file = new DatabaseSync(database, { readOnly: true });
    const rows = file.prepare(statement).all();
    file.close();
    return new Set(rows.map((row) => String(row.id)));
  }
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const { rows } = await client.query<{ id: string }>(statement);
  await client.end();
  return new Set(rows.map((row) => row.id));
}
