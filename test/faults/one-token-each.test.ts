import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAuthServer } from '@crossgrant/authserver';
import { freePorts, freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { rasSecret } from '../fixtures/three-servers.ts';
import { createRedemptionLoad } from './redemption-load.ts';

const rounds = 200;
const parallel = 20;

describe.each([
  { engine: 'SQLite', replicas: 1 },
  { engine: 'PostgreSQL', replicas: 2 },
])('$replicas process(es) on $engine', ({ engine, replicas }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossgrant-race-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  verifies(
    ['RED-26', 'ATK-11', 'LES-24'],
    `${parallel} parallel redemptions of one ID-JAG yield one token, ${rounds} times (${engine})`,
    async () => {
      const ports = await freePorts(replicas);
      const database =
        engine === 'SQLite'
          ? join(folder, 'as.db')
          : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');
      const load = await createRedemptionLoad({ port: ports[0] ?? 0, database, folder });
      const servers = await Promise.all(
        ports.map((port) => startAuthServer({ ...load.config, listen: `127.0.0.1:${port}` })),
      );
      const redeemAt = async (port: number, assertion: string): Promise<number> => {
        const response = await fetch(`http://127.0.0.1:${port}/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`agent-at-chat:${rasSecret}`)}` },
          body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
        });
        await response.arrayBuffer();
        return response.status;
      };
      const outcomes: string[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const assertion = await load.mint();
        const statuses = await Promise.all(
          Array.from({ length: parallel }, (_, index) => redeemAt(ports[index % ports.length] ?? 0, assertion)),
        );
        outcomes.push(
          `${statuses.filter((status) => status === 200).length} of ${statuses.filter((status) => status === 400).length + 1}`,
        );
      }
      await Promise.all(servers.map((server) => server.close()));
      expect(outcomes.filter((outcome) => outcome !== `1 of ${parallel}`)).toEqual([]);
    },
    180_000,
  );
});
