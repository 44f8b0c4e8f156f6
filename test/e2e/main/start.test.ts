import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sendRaw, verifies } from '@crossgrant/testkit';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { withoutValues } from '../../fixtures/shown-output.ts';
import {
  commandScript,
  defaultWorld,
  type Run,
  type RunningCommand,
  root,
  run,
  startScript,
  type WorldOnDisk,
  withFile,
  worldOf,
} from './world-files.ts';

/** Each test starts processes of its own; a busy machine takes its time. */
vi.setConfig({ testTimeout: 90_000 });

const atEnd = withFile();
const once = (world: WorldOnDisk, ...more: string[]) =>
  run(startScript, ['--world', world.file, '--once', ...more], {}, atEnd).ended;

/** Starting five processes takes most of the time here, so tests that only read share a start. */
describe('npm start -- --once', () => {
  let world: WorldOnDisk;
  let first: Run;

  beforeAll(async () => {
    world = await defaultWorld(atEnd);
    first = await once(world);
  }, 180_000);

  test('one tool call passes all three hops, and each is printed with decoded tokens and the reasons of the policy', () => {
    const { code, output } = first;
    expect(output).toContain('One tool call through all three hops');
    expect(code).toBe(0);
    const hops = ['① Sign-on', '② Exchange', '③ Redemption', '④ Tool call'].map((hop) => output.indexOf(hop));
    expect(hops).toEqual(hops.toSorted((one, other) => one - other));
    expect(hops).not.toContain(-1);
    expect(output).toMatch(/① Sign-on {2}Alice Ng signed on/);
    expect(output).toMatch(/chat\.read +allowed by rule engineering-reads \(rul_/);
    expect(output).toMatch(/chat\.send +above the ceiling of the connection/);
    expect(output).toMatch(/decision +aud_\w+ +allowed/);
    expect(output).toMatch(/typ oauth-id-jag\+jwt/);
    expect(output).toMatch(/typ at\+jwt/);
    expect(output).toMatch(/Alice Ng: Hello! Glad to be here\./);
  });

  test('the README shows what is printed', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const shown = /<!-- output:start -->\n```\n(.*?)\n```/s.exec(readme)?.[1]?.split('\n') ?? [];
    const printed = new Set(first.output.split('\n').map(withoutValues));
    expect(shown.length).toBeGreaterThan(15);
    expect(shown.filter((line) => line.trim() !== '…' && !printed.has(withoutValues(line)))).toEqual([]);
  });

  verifies(['IDJ-22', 'ATK-60', 'DEL-02', 'LES-83'], 'neither the output nor any log holds a token or a secret', () => {
    const logs = join(world.directory, 'data/logs');
    const texts = [first.output, ...readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))];
    expect(texts).toHaveLength(5);
    for (const text of texts) {
      expect(text).not.toMatch(/eyJ[\w-]{5}/);
      for (const secret of ['agent-sample-secret', 'agent-at-chat-sample-secret', 'alice-sample-password']) {
        expect(text).not.toContain(secret);
      }
    }
  });

  test('a second start keeps people, keys and connections', async () => {
    const before = stored(world);
    const second = await once(world);
    expect(second.code, second.output).toBe(0);
    expect(stored(world)).toEqual(before);
    expect(before.people).toHaveLength(3);
    expect(before.keys.length).toBeGreaterThan(1);
  });

  test('who policy denies gets a no with the id of the decision, and the id explains itself', async () => {
    const { code, output } = await once(world, '--person', 'bob');
    expect(code).toBe(1);
    expect(output).toMatch(/② Exchange +no ID-JAG/);
    expect(output).toMatch(/refused +access_denied/);
    expect(output).not.toContain('③');
    const id = /decision +(aud_\w+) +denied/.exec(output)?.[1] ?? 'no id';

    const explained = await run(commandScript, ['explain', id, '--world', world.file]).ended;
    expect(explained.code, explained.output).toBe(0);
    expect(explained.output).toMatch(/person +bob/);
    expect(explained.output).toMatch(/denied by rule contractors-never/);
    expect(explained.output).toMatch(/^ +reason +A rule denies, or no rule allows\./);
    expect(explained.output).toMatch(/rule ids +rul_/);
    expect(explained.output).toMatch(/connection +agent\/chat \(con_/);
    expect(explained.output).not.toMatch(/null|\[\]/);

    const unknown = await run(commandScript, ['explain', 'aud_none', '--world', world.file]).ended;
    const logs = join(world.directory, 'data/logs');
    const sentence = `No server of this world has a decision, an ID-JAG or an access token with the id aud_none.\nRequests that nobody proved (sign-on pages, req_…) stand in the logs: ${logs}/*.log\n`;
    expect(unknown).toMatchObject({ code: 1, output: sentence });

    const rule = /rule ids +(rul_\w+)/.exec(explained.output)?.[1] ?? 'no rule';
    const named = await run(commandScript, ['explain', rule, '--world', world.file]).ended;
    expect(named.output).toContain(`${rule} is the rule contractors-never of the policy (deny).`);
  });

  test('the id of an access token leads to the redemption that issued it', async () => {
    const token = /jti +(tok_\w+)/.exec(first.output)?.[1] ?? 'no token';
    const { code, output } = await run(commandScript, ['explain', token, '--world', world.file]).ended;
    expect(code, output).toBe(0);
    expect(output).toMatch(/what +redemption/);
    expect(output).toMatch(/expiresAt +\d{10} +\d\d:\d\d:\d\d UTC, in (10 min|9 min)/);
  });

  test('a redemption that is refused is printed with its code, its reason and how to ask again', async () => {
    const text = readFileSync((await defaultWorld()).file, 'utf8');
    const blocked = worldOf(text.replace('reuse: refuse', 'reuse: refuse\n      state: disabled'));
    const { code, output } = await once(blocked);
    expect(code).toBe(1);
    expect(output).toMatch(/decision +aud_\w+ +\w+, [a-z]+\/[a-z-]+\n +reason +\S/);
    expect(output).toMatch(/To see it again: npx crossgrant explain aud_/);
  });

  test('a disabled person is turned away at the sign-on, before anything is issued', async () => {
    const { code, output } = await once(world, '--person', 'carol');
    expect(code).toBe(1);
    expect(output).toMatch(/① Sign-on +nobody signed on/);
    expect(output).toMatch(/refused +This account is switched off\./);
    expect(output).not.toContain('SignOnRefused');
    expect(output).not.toContain('②');
  });

  test('somebody the world does not know is one sentence', async () => {
    const { code, output } = await once(world, '--person', 'dave');
    const last = output.trimEnd().split('\n').at(-1);
    expect({ code, last }).toEqual({ code: 1, last: 'idp.people has no "dave"; it has alice, bob, carol.' });
  });

  test('a port that is taken is one sentence, and nothing is started', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(world.ports[1], '127.0.0.1', resolve));
    const { code, output } = await once(world);
    blocker.close();
    expect(code).toBe(1);
    expect(output).toContain(
      `Port ${world.ports[1]} is taken, so the authorization server cannot listen on 127.0.0.1:`,
    );
    expect(await isFree(world.ports[0])).toBe(true);
  });
});

describe('npm start', () => {
  let worlds: readonly [WorldOnDisk, WorldOnDisk];
  let running: readonly RunningCommand[];

  beforeAll(async () => {
    worlds = [await defaultWorld(atEnd), await defaultWorld(atEnd)];
    running = worlds.map((world) => run(startScript, ['--world', world.file], {}, atEnd));
    await Promise.all(running.map((command) => command.until('look inside')));
  }, 180_000);

  test('stays up with its URLs, two worlds side by side', async () => {
    for (const [index, command] of running.entries()) {
      const output = await command.until('look inside');
      expect(output).toContain(
        `end this first (Ctrl-C), then: npm start -- --once --person bob --world ${worlds[index]?.file}\n`,
      );
      expect(output).toContain('or sign on as bob with bob-sample-password in the browser');
      expect(output).toMatch(/\/open\/mcp for any MCP client/);
      expect(output).toContain('One tool call through all three hops');
      expect(output).toContain(`http://127.0.0.1:${worlds[index]?.ports[3]}/ in a browser`);
    }
  });

  verifies('LES-97', 'serves no path that walks out of its own', async () => {
    for (const port of worlds[0].ports) {
      for (const path of ['//index', '/%2e%2e/x', '/..\\x', '/@fs/etc/passwd']) {
        expect(await statusOf(port, path), `${port}${path}`).toBe(404);
      }
    }
  });

  verifies('LES-70', 'is no server of another host name, and does nothing for a form of another page', async () => {
    const [idp, as, mcp, app] = worlds[0].ports;
    for (const port of [idp, as, mcp, app]) {
      expect(await statusOf(port, '/', `evil.example:${port}`), String(port)).toBe(421);
    }
    const foreign = { method: 'POST', headers: { origin: 'http://evil.example' } };
    expect((await fetch(`http://127.0.0.1:${app}/sign-on`, foreign)).status).toBe(403);
    expect((await fetch(`http://127.0.0.1:${mcp}/mcp`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  test('a second start of the same world says that it runs already', async () => {
    const { code, output } = await once(worlds[0]);
    expect(output).toContain('This world seems to be running already; end it with Ctrl-C in its window.\n');
    expect(output).not.toContain('is taken');
    expect(code).toBe(1);
  });

  test('Ctrl-C during the start ends it without naming a party', async () => {
    const starting = run(startScript, ['--world', (await defaultWorld()).file]);
    await starting.until('Crossgrant');
    starting.signal('SIGINT');
    const { code, output } = await starting.ended;
    expect({ code, last: output.trimEnd().split('\n').at(-1) }).toEqual({
      code: 1,
      last: 'Stopped before everything was up.',
    });
  });

  test('ends every process at Ctrl-C', async () => {
    for (const command of running) command.signal('SIGINT');
    for (const command of running) expect((await command.ended).code).toBe(0);
    for (const port of worlds.flatMap((world) => world.ports)) expect(await isFree(port)).toBe(true);
  });
});

/** Without what differs from start to start: ports, ids, keys, times and the columns they shift. */
/** What a second start must find again. */
function stored(world: WorldOnDisk): { people: unknown[]; connections: unknown[]; keys: unknown[] } {
  const read = (file: string, sql: string): unknown[] => {
    const database = new DatabaseSync(join(world.directory, 'data', file), { readOnly: true });
    const rows = database.prepare(sql).all();
    database.close();
    return rows;
  };
  return {
    people: read('idp.db', 'select id, username, version from users order by id'),
    connections: read('idp.db', 'select id, key, version from connections order by id'),
    keys: [
      ...read('idp.db', 'select kid from signing_keys order by kid'),
      ...read('authserver.db', 'select kid from signing_keys order by kid'),
    ],
  };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The status of a raw request, whose path and Host no client has tidied. */
async function statusOf(port: number, path: string, host = `127.0.0.1:${port}`): Promise<number> {
  const answer = await sendRaw(`http://127.0.0.1:${port}`, { method: 'GET', path, headers: [`host: ${host}`] });
  return answer.status;
}
