import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@crossgrant/platform';
import { expect, test } from 'vitest';
import { type ResourceSchema, resourceMigrations } from './schema.ts';
import { createSqlResourceStore } from './sql.ts';
import { sweepTokens } from './sweep-tokens.ts';

test('only tokens that expired before the given instant are swept', async () => {
  const file = join(tmpdir(), `crossgrant-sweep-${randomUUID()}.db`);
  const database = await openDatabase<ResourceSchema>({ url: file, migrations: resourceMigrations });
  const store = createSqlResourceStore(database, 'ras');
  for (const [index, expiresAt] of [1_000, 2_000, 3_000].entries()) {
    const audit = { id: `aud_${index}`, scope: 'ras', at: 0, kind: 'redemption', outcome: 'allow' } as const;
    const token = {
      tokenId: `tok_${index}`,
      customerId: 'c',
      accountId: 'a',
      clientId: 'x',
      audience: 'r',
      scope: 's',
      issuedAt: 0,
      expiresAt,
      grantIssuer: 'i',
      grantTenant: '',
      grantSubject: 's',
      grantJti: `${index}`,
    };
    await store.commitRedemption({ epoch: 0, token, audit, auditWhenReplayed: audit });
  }
  expect(await sweepTokens(database.kysely as never, 2_000)).toBe(1);
  expect(await store.findIssuedToken('tok_0')).toBeUndefined();
  expect((await store.findIssuedToken('tok_1'))?.expiresAt).toBe(2_000);
  await store.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
});
