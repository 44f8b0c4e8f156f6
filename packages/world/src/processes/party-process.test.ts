import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type PartyProcess, startParty } from './party-process.ts';

/** Each test starts processes of its own; a busy machine takes its time. */
vi.setConfig({ testTimeout: 90_000 });

/** An authorization server of its own, whose key file holds the given text. */
function startAuthServer(key: string, startMs?: number): { party: PartyProcess; logFile: string } {
  const directory = mkdtempSync(join(tmpdir(), 'crossgrant-party-'));
  const keyFile = join(directory, 'key');
  writeFileSync(keyFile, key, { mode: 0o600 });
  const worldFile = join(directory, 'world.yaml');
  writeFileSync(
    worldFile,
    `{ development: true, authserver: { issuer: "http://127.0.0.1:4702", listen: "127.0.0.1:0", database: ${join(directory, 'as.db')}, keyFile: ${keyFile} } }`,
  );
  const party = startParty({ party: 'authserver', worldFile, logDirectory: directory, startMs });
  onTestFinished(async () => {
    await party.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return { party, logFile: join(directory, 'authserver.log') };
}

const key = Buffer.alloc(32, 7).toString('base64');

test('a party that cannot start says so in one sentence, with its reason', async () => {
  const { party } = startAuthServer('not a key');
  await expect(party.ready).rejects.toThrow(/^The authorization server stopped: .*key/);
});

test('a party that does not come up in time is named and ended', async () => {
  const { party, logFile } = startAuthServer(key, 1);
  await expect(party.ready).rejects.toThrow(
    `The authorization server stopped: it did not come up within 0.001 s (${logFile}).`,
  );
  expect(() => process.kill(party.pid ?? 0, 0)).toThrow();
});

test('a party that is killed is named, with the signal and its log', async () => {
  const { party, logFile } = startAuthServer(key);
  await party.ready;
  process.kill(party.pid ?? 0, 'SIGKILL');
  const sentence = await party.died;
  expect(sentence).toMatch(/^The authorization server ended by SIGKILL/);
  expect(sentence).toContain(logFile);
});

test('a party that is stopped ends by itself and is not reported as dead', async () => {
  const { party, logFile } = startAuthServer(key);
  await party.ready;
  await party.stop();
  await expect(Promise.race([party.died, Promise.resolve('stopped')])).resolves.toBe('stopped');
  expect(() => process.kill(party.pid ?? 0, 0)).toThrow();
  expect(readFileSync(logFile, 'utf8')).not.toMatch(/Error/);
});
