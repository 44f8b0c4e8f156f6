import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabaseUrl } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { openDatabase, changeScope, readEpoch, verifyAuditChain, openKeyRing, openSecretBox, findAudit } from './index.ts';

for (const engine of ['sqlite', 'postgres']) {
  test(`smoke ${engine}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'plat-'));
    const url = engine === 'sqlite' ? join(dir, 'x.db') : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');
    const db = await openDatabase<{}>({ url, migrations: [], onProblem: (p, c) => console.log(p, c) });
    const heard: string[] = [];
    db.onChange((s) => heard.push(s));
    const req = (key: string, epoch: number) => ({ scope: 's', expectedEpoch: epoch, singleUse: [{ kind: 'k', scope: 's', key, keepUntil: Date.now() + 1e6 }], audit: { id: `a${Math.random()}`, scope: 's', at: Date.now(), kind: 'exchange' as const, outcome: 'allow' as const, personal: { person: 'usr_1', email: 'a@b' } } });
    const e = await readEpoch(db, 's');
    expect((await Promise.all([1, 2, 3].map(() => db.commits.commit(req('q', e))))).sort()).toEqual(['committed', 'replayed', 'replayed']);
    await changeScope(db, 's', async (_t, ep, audit) => { audit({ id: `c${ep}`, scope: 's', at: Date.now(), kind: 'change', outcome: 'done' }); });
    expect(await db.commits.commit(req('y', e))).toBe('stale');
    expect(await db.commits.commit(req('y', e + 1))).toBe('committed');
    expect(heard).toEqual(['s']);
    expect(await verifyAuditChain(db)).toEqual({ rows: 3 });
    expect(await findAudit(db, 's', 'c1')).toMatchObject({ kind: 'change' });
    const secrets = openSecretBox({ file: join(dir, 'key'), createIfMissing: true });
    const ring = await openKeyRing({ database: db, scope: 's', purposes: ['id'], algorithms: ['ES256'], secrets, clock: Date.now });
    expect(ring.signingKey('ES256').kid).toBeTruthy();
    await db.close();
  });
}
