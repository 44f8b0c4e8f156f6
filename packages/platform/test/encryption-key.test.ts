import { verifies } from '@crossgrant/testkit';
import { describe, expect } from 'vitest';
import {
  type Database,
  encryptionKeyFrom,
  endOtherEncryptionKeys,
  listEncryptionKeys,
  openKeyRing,
  openSecrets,
  secretBoxFromKey,
} from '../src/index.ts';
import { engines, withDatabases } from './engines.ts';

const key = (fill: number) => encryptionKeyFrom(new Uint8Array(32).fill(fill));
const [a, b, c] = [key(1), key(2), key(3)];
const scope = 'ten_1';
const code = (expected: string) => expect.objectContaining({ code: expected });

async function signer(database: Database<unknown>, keys: Parameters<typeof openSecrets>[1]): Promise<string> {
  const secrets = await openSecrets(database, keys);
  const ring = await openKeyRing({
    database,
    scope,
    purposes: ['tokens'],
    algorithms: ['ES256'],
    secrets,
    clock: Date.now,
  });
  return ring.signingKey('ES256').kid;
}

describe.each(engines)('the encryption key on %s', (engine) => {
  verifies(
    'LES-47',
    `it is exchanged with an overlap of two, and then the old one opens nothing (${engine})`,
    async () => {
      await withDatabases<unknown>(engine, 1, async ([database]) => {
        if (database === undefined) return;
        const kid = await signer(database, { current: a });
        const mac = (await openSecrets(database, { current: a })).mac('a', 'x');
        await expect(openSecrets(database, { current: b })).rejects.toEqual(code('encryption-key/other'));
        expect(await signer(database, { current: b, previous: a })).toBe(kid);
        expect(await signer(database, { current: a })).toBe(kid);
        expect(await signer(database, { current: b })).toBe(kid);
        expect((await listEncryptionKeys(database, { current: b })).map(({ isCurrent }) => isCurrent)).toEqual([
          false,
          true,
        ]);
        await expect(openSecrets(database, { current: c, previous: b })).rejects.toEqual(code('encryption-key/third'));

        const place = { database, scope, clock: Date.now };
        const end = (current: typeof a) => endOtherEncryptionKeys({ ...place, keys: { current } }, { actor: 'usr_1' });
        await expect(end(c)).rejects.toEqual(code('encryption-key/other'));
        expect(await end(b)).toBe(1);
        expect(await end(b)).toBe(0);
        await expect(openSecrets(database, { current: a })).rejects.toEqual(code('encryption-key/other'));
        expect(await signer(database, { current: b })).toBe(kid);
        expect((await openSecrets(database, { current: b })).mac('a', 'x')).toBe(mac);
        expect(await signer(database, { current: c, previous: b })).toBe(kid);

        const stored = JSON.stringify(await database.kysely.selectFrom('data_keys').selectAll().execute());
        expect(() => a.box.open('data-key', (JSON.parse(stored) as { sealed: string }[])[0]?.sealed ?? '')).toThrow();
        const audit = await database.kysely.selectFrom('audit_rows').selectAll().execute();
        expect(audit).toMatchObject([{ code: 'keys/end-encryption-key' }]);
      });
    },
  );

  verifies(
    'LES-47',
    `processes that start together end with one data key, whatever key they hold (${engine})`,
    async () => {
      await withDatabases<unknown>(engine, 4, async (replicas) => {
        const [one, two, three, four] = replicas;
        if (one === undefined || two === undefined || three === undefined || four === undefined) return;
        const opened = await Promise.allSettled([
          openSecrets(one, { current: a }),
          openSecrets(two, { current: a }),
          openSecrets(three, { current: b }),
          openSecrets(four, { current: b }),
        ]);
        const macs = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value.mac('a', 'x')] : []));
        expect([macs.length, new Set(macs).size]).toEqual([2, 1]);
        expect(await one.kysely.selectFrom('data_keys').selectAll().execute()).toHaveLength(1);
      });
    },
  );

  verifies(
    'LES-47',
    `keys sealed under the encryption key itself are sealed again under the data key (${engine})`,
    async () => {
      await withDatabases<unknown>(engine, 1, async ([database]) => {
        if (database === undefined) return;
        const old = secretBoxFromKey(new Uint8Array(32).fill(1));
        const opening = { database, scope, purposes: ['tokens'], algorithms: ['ES256'], clock: Date.now } as const;
        const { kid } = (await openKeyRing({ ...opening, secrets: old })).signingKey('ES256');
        await expect(openSecrets(database, { current: b })).rejects.toEqual(code('encryption-key/other'));
        expect(await signer(database, { current: b, previous: a })).toBe(kid);
        await expect(openKeyRing({ ...opening, secrets: old })).rejects.toEqual(code('key-ring/sealed'));
      });
    },
  );
});
