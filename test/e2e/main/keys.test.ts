import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { expect, test, vi } from 'vitest';
import { commandScript, defaultWorld, run, type WorldOnDisk } from './world-files.ts';

/** Each test starts processes of its own; a busy machine takes its time. */
vi.setConfig({ testTimeout: 120_000 });

const keys = (world: WorldOnDisk, ...args: string[]) =>
  run(commandScript, ['keys', ...args, '--world', world.file]).ended;

async function kidsOf(world: WorldOnDisk, server: 0 | 1): Promise<string[]> {
  const path = server === 0 ? 'jwks.json' : 'jwks';
  const response = await fetch(`http://127.0.0.1:${world.ports[server]}/${path}`);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

verifies(
  ['KEY-02', 'LES-47'],
  'keys of running servers are listed, rotated and revoked by command, and the servers follow at once',
  async () => {
    const world = await defaultWorld();
    const none = await keys(world, 'list');
    expect([none.code, none.output]).toEqual([1, expect.stringContaining('start the server once')]);
    await Promise.all(
      ['idp', 'as'].map((name) => run(commandScript, [name, '--world', world.file]).until('is ready.')),
    );
    const [idpKids, asKids] = [await kidsOf(world, 0), await kidsOf(world, 1)];
    const listed = await keys(world, 'list');
    expect(listed.code).toBe(0);
    for (const kid of [...idpKids, ...asKids]) expect(listed.output).toContain(kid);
    expect(listed.output).toMatch(/RS256, active +signs since 20\d\d-\d\d-\d\d \d\d:\d\d UTC/);

    const rotated = await keys(world, 'rotate', '--server', 'as', '--json', '--reason', 'drill');
    const [rotation] = (JSON.parse(rotated.output) as { rotations: { kid: string; phase: string }[] }).rotations;
    expect(rotation).toMatchObject({ server: 'as', alg: 'ES256', phase: 'published' });
    await vi.waitFor(async () => expect(await kidsOf(world, 1)).toEqual([...asKids, rotation?.kid]), 10_000);
    expect((await keys(world, 'rotate', '--server', 'as')).output).toContain('a rotation is under way');

    const unasked = await keys(world, 'revoke', String(asKids[0]));
    expect([unasked.code, unasked.output]).toEqual([1, expect.stringContaining('say --yes')]);
    expect(await kidsOf(world, 1)).toContain(asKids[0]);
    const revoked = await keys(world, 'revoke', String(asKids[0]).slice(0, 12), '--yes');
    expect([revoked.code, revoked.output]).toEqual([0, expect.stringContaining(`The key ${rotation?.kid} signs`)]);
    await vi.waitFor(async () => expect(await kidsOf(world, 1)).toEqual([rotation?.kid]), 10_000);
    expect((await keys(world, 'revoke', String(asKids[0]), '--yes')).output).toContain('is revoked already');
    expect((await keys(world, 'revoke', 'no-such-key', '--yes')).code).toBe(1);
    const all = await keys(world, 'list', '--all', '--json');
    expect(all.output).toContain(String(asKids[0]));
    for (const secret of ['"d"', 'private', 'sealed', 'v1.']) expect(all.output).not.toContain(secret);
    expect((await keys(world, 'rotate', '--alg', 'HS256')).code).toBe(1);
    expect((await keys(world, 'rotate', '--alg', 'EdDSA', '--server', 'as')).output).toContain('No key signs with');
  },
);

test('the encryption key of a running server is exchanged by command', async () => {
  const world = await defaultWorld();
  const server = run(commandScript, ['as', '--world', world.file]);
  await server.until('is ready.');
  const file = join(world.directory, 'data', 'authserver.key');
  const before = readFileSync(file, 'utf8').trim();
  const exchanged = await keys(world, 'rotate', '--encryption-key', '--server', 'as');
  expect([exchanged.code, exchanged.output]).toEqual([0, expect.stringContaining('beside the one before')]);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect([lines.length, lines[1], statSync(file).mode & 0o777]).toEqual([2, before, 0o600]);
  expect((await keys(world, 'list')).output).toMatch(/encryption key of before/);
  expect((await run(commandScript, ['doctor', '--world', world.file]).ended).output).toMatch(/signing keys +ok/);
  const ended = await keys(world, 'rotate', '--encryption-key', '--end', '--server', 'as');
  expect([ended.code, ended.output]).toEqual([0, expect.stringContaining('has ended')]);
  expect(readFileSync(file, 'utf8').trim()).toBe(lines[0]);
  server.signal('SIGTERM');
  await server.ended;
  await run(commandScript, ['as', '--world', world.file]).until('is ready.');
});
