import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { freePorts } from '../fixtures/three-servers.ts';
import { createExchangeLoad } from './exchange-load.ts';
import { claimsOf, loadUntil } from './load.ts';
import { createRedemptionLoad } from './redemption-load.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { storedIds } from './stored-ids.ts';

const rounds = 20;
const workers = 12;

describe.each(['SQLite', 'PostgreSQL'] as const)('kill -9 in the middle of load on %s', (engine) => {
  let folder: string;
  const running: ServerProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossgrant-kill-'));
  });
  afterAll(async () => {
    await Promise.all(running.map((server) => server.kill()));
    await rm(folder, { recursive: true, force: true });
  });

  const databaseFor = (name: string): Promise<string> | string =>
    engine === 'SQLite' ? join(folder, `${name}.db`) : freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');

  async function killedUnderLoad<T>(start: () => Promise<ServerProcess>, once: () => Promise<T | undefined>): Promise<readonly T[]> {
    const server = await start();
    running.push(server);
    let isDead = false;
    const load = loadUntil(workers, () => isDead, once);
    await new Promise((resolve) => setTimeout(resolve, 120 + Math.random() * 180));
    await server.kill();
    isDead = true;
    return load;
  }

  verifies(['RED-26', 'ATK-10', 'LES-26'], `every answered redemption is stored and no replay passes (${engine})`, async () => {
    const [port = 0] = await freePorts(1);
    const database = await databaseFor('as');
    const load = await createRedemptionLoad({ port, database, folder });
    const start = (): Promise<ServerProcess> => startServerProcess('authserver', load.config, join(folder, 'as.json'));
    let total = 0;
    for (let round = 0; round < rounds; round += 1) {
      const answered = await killedUnderLoad(start, load.redeemFresh);
      total += answered.length;
      const stored = await storedIds(database, 'issued_tokens', 'jti');
      expect(answered.filter(({ accessToken }) => !stored.has(String(claimsOf(accessToken).jti)))).toEqual([]);
      const server = await start();
      running.push(server);
      const replayed = await Promise.all(answered.slice(-10).map(({ idJag }) => load.redeem(idJag)));
      expect(replayed.filter((answer) => answer.status !== 400 || answer.body.error !== 'invalid_grant')).toEqual([]);
      await server.kill();
    }
    expect(total).toBeGreaterThan(rounds * 5);
  }, 240_000);

  verifies(['TEX-16', 'ADM-04'], `every answered issuance is stored with its audit row (${engine})`, async () => {
    const [port = 0] = await freePorts(1);
    const database = await databaseFor('idp');
    const load = createExchangeLoad({ port, database, folder });
    const start = (): Promise<ServerProcess> => startServerProcess('idp', load.config, join(folder, 'idp.json'));
    const first = await start();
    running.push(first);
    await load.signOn();
    await first.kill();
    let total = 0;
    for (let round = 0; round < rounds; round += 1) {
      const answered = await killedUnderLoad(start, load.exchange);
      total += answered.length;
      const jtis = answered.map((idJag) => String(claimsOf(idJag).jti));
      const issued = await storedIds(database, 'issuances', 'jti');
      const audited = await storedIds(database, 'audit_rows', 'jti');
      expect(jtis.filter((jti) => !issued.has(jti))).toEqual([]);
      expect(jtis.filter((jti) => !audited.has(jti))).toEqual([]);
    }
    expect(total).toBeGreaterThan(rounds * 5);
  }, 240_000);
});
