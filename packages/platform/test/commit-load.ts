import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/index.ts';
import { commitRequest } from './requests.ts';

// Measures group commit by hand: node --conditions=@crossgrant/source packages/platform/test/commit-load.ts [url]
const folder = join(tmpdir(), `crossgrant-load-${process.pid}`);
const url = process.argv[2] ?? join(folder, 'load.db');
const database = await openDatabase({ url, migrations: [] });
let next = 0;

for (const callers of [1, 32, 256]) {
  for (const phase of ['warm', 'measured']) {
    const until = performance.now() + 4_000;
    let commits = 0;
    const start = performance.now();
    const caller = async (): Promise<void> => {
      while (performance.now() < until) {
        next += 1;
        const row = { id: `${process.pid}-${next}`, scope: 'ten_1', topic: 't', payload: '{}', at: 1 };
        await database.commits.commit(
          commitRequest([`${process.pid}-${next}`], { inserts: [{ table: 'outbox', row }] }),
        );
        commits += 1;
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    const perSecond = Math.round((commits * 1_000) / (performance.now() - start));
    if (phase === 'measured') console.log(`${callers} callers: ${perSecond} commits/s`);
  }
}
await database.close();
rmSync(folder, { recursive: true, force: true });
