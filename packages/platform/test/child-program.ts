import { writeSync } from 'node:fs';
import { openDatabase } from '../src/index.ts';
import { commitRequest } from './requests.ts';

const [act, url = '', prefix = ''] = process.argv.slice(2);
const database = await openDatabase({ url, migrations: [] });

if (act === 'migrate') {
  const rows = await database.kysely.selectFrom('migrations').selectAll().execute();
  console.log(`ready ${rows.length}`);
  await database.close();
}

/** Commits without end and prints each key only after its outcome arrived; somebody kills this process. */
if (act === 'commit') {
  const load = async (lane: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const key = `${prefix}-${lane}-${count}`;
      const insert = { table: 'outbox', row: { id: key, scope: 'ten_1', topic: 't', payload: '{}', at: 1 } };
      if ((await database.commits.commit(commitRequest([key], { inserts: [insert] }))) === 'committed')
        writeSync(1, `${key}\n`);
    }
  };
  await Promise.all(Array.from({ length: 24 }, (_, lane) => load(lane)));
}
