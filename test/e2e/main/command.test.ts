import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { verifies } from '@crossgrant/testkit';
import { describe, expect, test, vi } from 'vitest';
import { commandScript, defaultWorld, root, run, startScript, worldOf } from './world-files.ts';

/** Each test starts processes of its own; a busy machine takes its time. */
vi.setConfig({ testTimeout: 90_000 });

const secret = 'a-client-secret-of-more-than-32-characters';

/** The third example of docs/world-file.md: a production IdP. */
function productionWorld(edit: (text: string) => string = (text) => text): ReturnType<typeof worldOf> {
  const page = readFileSync(join(root, 'docs/world-file.md'), 'utf8');
  const example = [...page.matchAll(/```yaml\n(# yaml-language-server[\s\S]*?)```/g)].at(-1)?.[1] ?? '';
  return worldOf(edit(example.replace('0.0.0.0:8080', '127.0.0.1:0').replace('/etc/crossgrant', './data')));
}

const enough = { ALICE_PASSWORD: 'alice-password', BOB_PASSWORD: 'bob-password', AGENT_SECRET: secret };

describe('crossgrant idp in production', () => {
  const refusals: readonly [
    what: string,
    edit: (text: string) => string,
    env: Record<string, string>,
    sentence: RegExp,
  ][] = [
    [
      'an http issuer',
      (text) => text.replace('https://login.acme.example', 'http://login.acme.example'),
      enough,
      /idp\.issuer: must start with https:\/\//,
    ],
    [
      'a literal secret',
      (text) => text.replace('{ env: AGENT_SECRET }', 'sample'),
      enough,
      /clientApps\[0\]\.auth\.secret: a literal secret works with development: true only/,
    ],
    [
      'a missing encryption key',
      (text) => text,
      enough,
      /idp\.keyFile: there is no file .+ Make it with "\(umask 077; openssl rand/,
    ],
    [
      'no encryption key at all',
      (text) => text.replace(/ {2}keyFile:.*\n/, ''),
      enough,
      /idp\.keyFile: is missing, and CROSSGRANT_IDP_KEY is not set/,
    ],
    ['a secret that is not set', (text) => text, { ...enough, AGENT_SECRET: '' }, /auth\.secret: is empty/],
    [
      'a sample secret',
      (text) => text,
      { ...enough, AGENT_SECRET: 'agent-sample-secret' },
      /auth\.secret: must be at least 32 random characters/,
    ],
    [
      'a literal password',
      (text) => text.replace('{ env: ALICE_PASSWORD }', 'alice'),
      enough,
      /idp\.people\[0\]\.password: a literal secret works/,
    ],
  ];
  test.each(refusals)(
    '%s is one sentence that says what to do, and nothing starts',
    async (_what, edit, env, sentence) => {
      const world = productionWorld(edit);
      const { code, output } = await run(commandScript, ['idp', '--world', world.file], env).ended;
      expect(output).toMatch(sentence);
      expect(output).not.toMatch(/\n\s+at /);
      expect(code).toBe(1);
    },
  );

  test('with all of it in place, it starts', async () => {
    const world = productionWorld();
    const key = { CROSSGRANT_IDP_KEY: Buffer.alloc(32, 7).toString('base64') };
    await run(commandScript, ['idp', '--world', world.file], { ...enough, ...key }).until('is ready.');
  });
});

describe('crossgrant doctor', () => {
  test('says ok line by line, and what production would refuse', async () => {
    const world = await defaultWorld();
    const { code, output } = await run(commandScript, ['doctor', '--world', world.file]).ended;
    expect(output).toMatch(/world file +ok\n +secrets +ok\n +keys +ok\n +ports +ok\n +databases +ok\n/);
    expect(output).toContain('Production would refuse:');
    expect(code).toBe(0);
  });

  verifies('LES-83', 'names what is wrong and never shows a secret', async () => {
    const world = productionWorld();
    const keyFile = join(world.directory, 'key');
    writeFileSync(keyFile, Buffer.alloc(32, 7).toString('base64'));
    chmodSync(keyFile, 0o644);
    writeFileSync(world.file, readFileSync(world.file, 'utf8').replace(/keyFile: .*/, `keyFile: ${keyFile}`));
    const { code, output } = await run(commandScript, ['doctor', '--world', world.file], {
      ...enough,
      AGENT_SECRET: 'short-but-secret',
    }).ended;
    expect(output).toMatch(
      /secrets +1 to mend\n +policy\.clientApps\[0\]\.auth\.secret: must be at least 32 random characters/,
    );
    expect(output).toMatch(/keys +1 to mend\n +idp\.keyFile: others can read .+\. Close it with "chmod 600/);
    for (const text of ['short-but-secret', 'alice-password', readFileSync(keyFile, 'utf8')])
      expect(output).not.toContain(text);
    expect(code).toBe(1);
  });

  test('names a database that is none, one with another key, and a place for none', async () => {
    const doctor = async (edit: (text: string) => string) => {
      const world = await defaultWorld();
      writeFileSync(world.file, edit(readFileSync(world.file, 'utf8')));
      return { ...(await run(commandScript, ['doctor', '--world', world.file]).ended), directory: world.directory };
    };
    const taken = await doctor((text) => text.replace(/database: .*idp\.db/, `database: ${root}/package.json`));
    expect(taken.output).toContain(`idp.database: ${root}/package.json is no SQLite database.`);
    expect(taken.code).toBe(1);
    const below = await doctor((text) => text.replace(/database: .*idp\.db/, `database: ${root}/package.json/idp.db`));
    expect(below.output).toContain(`because ${root}/package.json is no folder.`);

    const world = await defaultWorld();
    const keyFile = join(world.directory, 'data/idp.key');
    const running = run(commandScript, ['idp', '--world', world.file]);
    await running.until('is ready.');
    running.signal('SIGTERM');
    await running.ended;
    expect((await run(commandScript, ['doctor', '--world', world.file]).ended).code).toBe(0);
    writeFileSync(keyFile, Buffer.alloc(32, 9).toString('base64'));
    const other = await run(commandScript, ['doctor', '--world', world.file]).ended;
    expect(other.output).toMatch(/idp\.database: \S+idp\.db does not open with its encryption key\./);
    expect(other.code).toBe(1);
  });

  test('a file given without --world says how to give it', async () => {
    const { code, output } = await run(commandScript, ['doctor', 'worlds/default.yaml']).ended;
    expect(output).toContain('Name the file with --world.');
    expect(code).toBe(1);
  });

  test('a file with mistakes names each of them', async () => {
    const world = worldOf('development: true\nipd: {}\nsampleApp: { client: agent }\n');
    const { code, output } = await run(commandScript, ['doctor', '--world', world.file]).ended;
    expect(output).toContain('ipd: unknown field — did you mean "idp"?');
    expect(output).toContain('sampleApp.person: is missing.');
    expect(code).toBe(1);
  });
});

test('a start with what cannot be is one sentence each, and ends', async () => {
  const world = await defaultWorld();
  writeFileSync(
    world.file,
    readFileSync(world.file, 'utf8').replace(/database: .*idp\.db/, 'database: /proc/nope/idp.db'),
  );
  const place = await run(startScript, ['--world', world.file]).ended;
  expect(place.output).toContain('idp.database: /proc/nope/idp.db cannot be written.');
  expect(place.output).not.toMatch(/\n\s+at /);
  const swallowed = await run(startScript, [], { npm_config_once: 'true' }).ended;
  expect(swallowed).toMatchObject({ code: 2, output: 'npm keeps --once for itself. Write: npm start -- --once\n' });
  const noApp = worldOf(readFileSync((await defaultWorld()).file, 'utf8').replace(/\nsampleApp:[\s\S]*/, '\n'));
  const once = await run(startScript, ['--once', '--world', noApp.file]).ended;
  expect(once.output).toContain('This world has no sampleApp section, so --once has no call to make.');
});

test('the bin entry runs from source and passes the exit code on', async () => {
  const bin = join(root, 'packages/cli/bin/crossgrant.js');
  const { stdout } = await promisify(execFile)(process.execPath, [bin, '--help']);
  for (const command of ['idp', 'as', 'start', 'explain', 'doctor']) expect(stdout).toContain(command);
  await expect(
    promisify(execFile)(process.execPath, [bin, 'doctor', '--world', '/nowhere.yaml']),
  ).rejects.toMatchObject({ code: 1 });
});
