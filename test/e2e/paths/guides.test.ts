import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signOnAsPerson } from '@crossgrant/world';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ExamplesWorld, startExamplesWorld } from '../../fixtures/examples-world.ts';
import { linesNotPrinted, pageText, type ShownCommand, shownCommands } from '../../fixtures/shown-output.ts';
import { commandScript, defaultWorld, root, run, startScript, withFile } from '../main/world-files.ts';

type Four = [ShownCommand, ShownCommand, ShownCommand, ShownCommand];

const atEnd = withFile();

test('the guide for IT administrators: every command prints what the page shows', async () => {
  const page = 'docs/guides/it-admin.md';
  const { file } = await defaultWorld(atEnd);
  let decision = '';
  expect(shownCommands(page)).toHaveLength(7);
  for (const { command, output } of shownCommands(page)) {
    const [name, ...words] = command.split(' ');
    if (command === 'npm install' || command === 'cp worlds/default.yaml company.yaml') continue;
    if (output.some((line) => line.includes('contractors-search'))) applyDiff(page, file);
    const script = name === 'npm' ? startScript : commandScript;
    const args = words
      .slice(2 - Number(name === 'npx'))
      .map((word) => word.replace('company.yaml', file).replace(/^aud_\w+$/, decision));
    const printed = (await run(script, args, {}, atEnd).ended).output.replaceAll(file, 'company.yaml');
    expect(linesNotPrinted(output, printed), `${command}\n${printed}`).toEqual([]);
    decision = /decision +(aud_\w+)/.exec(printed)?.[1] ?? decision;
  }
}, 240_000);

describe('the guides for builders', () => {
  const worldOfTest = async (): Promise<ExamplesWorld> => {
    const world = await startExamplesWorld();
    onTestFinished(() => world.close());
    return world;
  };

  /** The sample of a page, with the addresses of this world, in a folder of the clone. */
  function sampleOf(page: string, name: string, world: ExamplesWorld): string {
    const samples = [...pageText(page).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
    const code = samples.find((text) => text.startsWith(`// ${name}\n`)) ?? '';
    expect(code).not.toBe('');
    mkdirSync(join(root, '.cache'), { recursive: true });
    const folder = mkdtempSync(join(root, '.cache', 'guide-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { port } = new URL(world.at('http://127.0.0.1:4712'));
    writeFileSync(join(folder, name), world.at(code).replace('port: 4712', `port: ${port}`));
    return join(folder, name);
  }

  /** What the person does at the address that a program prints. */
  const signOn = (username: string) => (authorizeUrl: string) =>
    void signOnAsPerson({ authorizeUrl, username, password: `${username}-sample-password` }).then((url) => fetch(url));

  const argsOf = ({ command }: ShownCommand): readonly string[] =>
    command
      .replace(/^npx node \S+ \S+ ?/, '')
      .split(' ')
      .filter(Boolean);

  test('the guide for builders of MCP servers: every command prints what the page shows', async () => {
    const page = 'docs/guides/mcp-server.md';
    const world = await worldOfTest();
    const [start, serve, stranger, metadata, ...calls] = shownCommands(page) as readonly ShownCommand[] as [
      ...Four,
      ...ShownCommand[],
    ];
    expect(start.command).toBe('npm start -- --world examples/world.yaml');
    expect(serve.command).toMatch(/ tickets\.ts$/);
    expect(linesNotPrinted(serve.output, await world.serve(sampleOf(page, 'tickets.ts', world)))).toEqual([]);
    expect(
      linesNotPrinted(stranger.output, await curl(world.at(stranger.command.replace('curl -i ', '')), true)),
    ).toEqual([]);
    expect(
      linesNotPrinted(metadata.output, await curl(world.at(metadata.command.replace('curl ', '')), false)),
    ).toEqual([]);
    expect(calls).toHaveLength(2);
    for (const call of calls) {
      const env = { SERVER: world.at('http://127.0.0.1:4712/mcp') };
      const { output } = await world.run('agent-cli/agent.ts', argsOf(call), env, signOn('alice'));
      expect(linesNotPrinted(call.output, output), output).toEqual([]);
    }
  }, 90_000);

  test('the guide for builders of AI apps: every command prints what the page shows', async () => {
    const page = 'docs/guides/ai-app.md';
    const world = await worldOfTest();
    const [, serve, ...calls] = shownCommands(page);
    expect(serve?.command).toMatch(/ examples\/hono-mcp-server\/server\.ts$/);
    expect(linesNotPrinted(serve?.output ?? [], await world.serve('hono-mcp-server/server.ts'))).toEqual([]);
    const agent = sampleOf(page, 'my-agent.ts', world);
    const people = ['alice', 'carol'];
    expect(calls).toHaveLength(people.length);
    for (const [index, call] of calls.entries()) {
      const { output } = await world.run(agent, [], {}, signOn(people[index] ?? ''));
      expect(linesNotPrinted(call.output, output), output).toEqual([]);
    }
  }, 90_000);

  async function curl(address: string, withHead: boolean): Promise<string> {
    const answer = await fetch(address);
    const head = [
      `HTTP/1.1 ${answer.status} ${answer.statusText}`,
      ...[...answer.headers].map(([name, value]) => `${name}: ${value}`),
    ];
    return [...(withHead ? [...head, ''] : []), await answer.text()].join('\n');
  }
});

/** What the page tells the reader to change in the file. */
function applyDiff(page: string, file: string): void {
  const diff = /^```diff\n([\s\S]*?)^```$/m.exec(pageText(page))?.[1] ?? '';
  const lines = (sign: string): string =>
    diff
      .split('\n')
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1))
      .join('\n');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(lines('-'));
  writeFileSync(file, text.replace(lines('-'), lines('+')));
}
