import { describeDecision } from '@crossgrant/platform/explain';
import { loadWorld } from './load-world.ts';
import { WorldMistakes } from './mistakes.ts';
import { partyNames } from './processes/messages.ts';
import { describeHop, type HopRow } from './report/describe-hop.ts';
import type { Hop } from './report/hop.ts';
import { createTerminal, hasColours, type Terminal } from './report/terminal.ts';
import { whatToTry } from './report/what-to-try.ts';
import type { World } from './schema/world.ts';
import { StartFailed } from './start-failed.ts';
import { type RunningWorld, startWorld } from './start-world.ts';

export interface StartOptions {
  readonly once: boolean;
  readonly worldFile: string;
  readonly person?: string;
  /** When the command began, on the clock of `performance.now()`. */
  readonly started: number;
}

/** The whole of `npm start`: starts the world, makes one call through all three hops, reports, stays up. Returns the exit code. */
export async function runStart(options: StartOptions): Promise<number> {
  const terminal = createTerminal({
    write: (text) => process.stdout.write(text),
    hasColours: hasColours(process.stdout, process.env),
    columns: Math.min(process.stdout.columns ?? 100, 110),
  });
  const stopped = stopRequested();
  let running: RunningWorld | undefined;
  try {
    const world = loadWorld(options.worldFile);
    terminal.title('Crossgrant', options.worldFile);
    const { person } = options;
    if (person !== undefined && world.idp?.people.every((candidate) => candidate.username !== person) === true)
      throw new StartFailed(
        `idp.people has no ${JSON.stringify(person)}; it has ${world.idp.people.map((candidate) => candidate.username).join(', ')}.`,
      );
    if (options.once && world.sampleApp === undefined)
      throw new StartFailed(
        'This world has no sampleApp section, so --once has no call to make. Start it without --once.',
      );
    running = await startWorld(world, options.worldFile, stopped);
    if (running === undefined) return stoppedEarly(terminal);
    terminal.pairs(running.urls.map(({ party, url }) => [partyNames[party], url]));
    const failure =
      world.sampleApp === undefined
        ? undefined
        : await Promise.race([runAndReport(world, running, options, terminal), running.died, stopped]);
    if (options.once || failure === 'stopped') return failure === undefined ? 0 : 1;
    return await stayUp(world, running, options.worldFile, terminal, stopped);
  } catch (error) {
    if (!(error instanceof WorldMistakes || error instanceof StartFailed)) throw error;
    terminal.problem(error.message);
    return 1;
  } finally {
    await running?.stop();
  }
}

function stoppedEarly(terminal: Terminal): number {
  terminal.line('Stopped before everything was up.');
  return 1;
}

async function runAndReport(
  world: World,
  running: RunningWorld,
  options: StartOptions,
  terminal: Terminal,
): Promise<string | undefined> {
  const person = options.person ?? world.sampleApp?.person ?? '';
  const hops: Hop[] = [];
  const failure = await running.run(person, (hop) => hops.push(hop));
  for (const hop of hops) {
    const text = describeHop(hop);
    const decision = await decisionRows(running, hop);
    terminal.hop(decision.length === 0 ? text : { ...text, rows: withDecision(text.rows, decision) });
  }
  terminal.line();
  const seconds = ((performance.now() - options.started) / 1000).toFixed(1);
  if (failure === undefined) terminal.line(`One tool call through all three hops, ${seconds} s after the start.`);
  else terminal.problem(`The call did not go through: ${failure}`);
  const id = hops.findLast((hop) => hop.failure?.id !== undefined)?.failure?.id;
  if (id !== undefined) terminal.line(`To see it again: npx crossgrant explain ${id} --world ${options.worldFile}`);
  return failure;
}

/** A server's reasons, from its own audit: nothing about them is in what the app was told. */
async function decisionRows(running: RunningWorld, hop: Hop): Promise<readonly HopRow[]> {
  const jti = hop.stage === 'exchange' ? hop.token?.claims.jti : undefined;
  const id = hop.stage === 'exchange' || hop.stage === 'redemption' ? hop.failure?.id : undefined;
  if (typeof jti !== 'string' && id === undefined) return [];
  const server = hop.stage === 'redemption' ? 'authserver' : 'idp';
  const found = await running.explain(server, typeof jti === 'string' ? { jti } : { id: id ?? '' });
  return found === undefined ? [] : describeDecision(found);
}

/** The decision stands before the token it led to, and replaces the bare id. */
function withDecision(rows: readonly HopRow[], decision: readonly HopRow[]): readonly HopRow[] {
  const others = rows.filter((row) => row.label !== 'decision');
  const heading = others.findIndex((row) => row.isHeading === true);
  return others.toSpliced(heading === -1 ? others.length : heading, 0, ...decision);
}

async function stayUp(
  world: World,
  running: RunningWorld,
  worldFile: string,
  terminal: Terminal,
  stopped: Promise<'stopped'>,
): Promise<number> {
  terminal.line();
  terminal.title('Running. Ctrl-C ends everything.');
  terminal.pairs(whatToTry(world, worldFile));
  const end = await Promise.race([running.died, stopped]);
  if (end === 'stopped') return 0;
  terminal.line();
  terminal.problem(end);
  return 1;
}

function stopRequested(): Promise<'stopped'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('stopped'));
  });
}
