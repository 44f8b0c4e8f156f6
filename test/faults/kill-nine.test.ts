import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';

import { createExchangeLoad } from './exchange-load.ts';
import { claimsOf, loadUntil } from './load.ts';
import { createRedemptionLoad, type Redeemed } from './redemption-load.ts';
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

  /** Kills the server between the 6th and the 40th answer, with a dozen requests in the air. */
  async function killUnderLoad<T>(server: ServerProcess, once: () => Promise<T | undefined>): Promise<readonly T[]> {
    return loadUntil(workers, 6 + Math.floor(Math.random() * 34), once, () => server.kill());
  }

  async function start(kind: 'idp' | 'authserver', config: { issuer: string }): Promise<ServerProcess> {
    const server = await startServerProcess(kind, config, join(folder, `${kind}.json`));
    running.push(server);
    return server;
  }

  verifies(
    ['RED-26', 'ATK-10', 'LES-26'],
    `every answered redemption is stored and no replay passes (${engine})`,
    async () => {
      const [port = 0] = await freePorts(1);
      const database = await databaseFor('as');
      const load = await createRedemptionLoad({ port, database, folder });
      let before: readonly Redeemed[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const server = await start('authserver', load.config);
        const replayed = await Promise.all(before.slice(-12).map(({ idJag }) => load.redeem(idJag)));
        expect(replayed.filter((answer) => answer.status !== 400 || answer.body.error !== 'invalid_grant')).toEqual([]);
        before = await killUnderLoad(server, load.redeemFresh);
        const stored = await storedIds(database, 'issued_tokens', 'token_id');
        expect(before.filter(({ accessToken }) => !stored.has(String(claimsOf(accessToken).jti)))).toEqual([]);
      }
    },
    240_000,
  );

  verifies(
    ['TEX-16', 'ADM-04'],
    `every answered issuance is stored with its audit row (${engine})`,
    async () => {
      const [port = 0] = await freePorts(1);
      const database = await databaseFor('idp');
      const load = createExchangeLoad({ port, database, folder });
      for (let round = 0; round < rounds; round += 1) {
        const server = await start('idp', load.config);
        if (round === 0) await load.signOn();
        const answered = await killUnderLoad(server, load.exchange);
        const jtis = answered.map((idJag) => String(claimsOf(idJag).jti));
        const issued = await storedIds(database, 'issuances', 'jti');
        const audited = await storedIds(database, 'audit_rows', 'jti');
        expect(jtis.filter((jti) => !issued.has(jti))).toEqual([]);
        expect(jtis.filter((jti) => !audited.has(jti))).toEqual([]);
      }
    },
    240_000,
  );
});
