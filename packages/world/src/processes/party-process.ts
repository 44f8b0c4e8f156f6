import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { FromParty, Party, ToParty } from './messages.ts';
import { partyNames } from './messages.ts';

/** One party of the world in a process of its own. */
export interface PartyProcess {
  readonly party: Party;
  readonly pid: number | undefined;
  /** Resolves with its URL, or rejects with a sentence that says which party failed and why. */
  readonly ready: Promise<string>;
  /** Resolves with the sentence of its end when it ends without being stopped; never rejects. */
  readonly died: Promise<string>;
  send(message: ToParty): void;
  onMessage(listener: (message: FromParty) => void): void;
  /** Ends the process: one that is up is asked first and killed after five seconds. Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface PartyProcessOptions {
  readonly party: Party;
  readonly worldFile: string;
  /** Its log lines go to `NAME.log` in this directory. */
  readonly logDirectory: string;
  /** How long it may take to come up. */
  readonly startMs?: number;
}

const stopMs = 5_000;
const startMs = 60_000; // beyond what the slowest machine seen takes
const keptLines = 40;

/** Starts a party. The process ends by itself when this one does, however this one ends. */
export function startParty(options: PartyProcessOptions): PartyProcess {
  const { party, worldFile, logDirectory, startMs: allowedMs = startMs } = options;
  const logFile = join(logDirectory, `${party}.log`);
  const child = fork(join(import.meta.dirname, 'party-main.ts'), [party, worldFile], {
    execArgv: ['--conditions=@crossgrant/source', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { NODE_COMPILE_CACHE: join(logDirectory, '..', 'compile-cache'), ...process.env }, // the next start takes a third less
  });
  const lines = keepLines(child, createWriteStream(logFile, { flags: 'a', mode: 0o600 }));
  const state = { isReady: false, isStopping: false, failure: undefined as string | undefined };
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(endSentence(party, state.failure, code, signal, lines, logFile)));
    child.once('error', (error) => resolve(`The ${partyNames[party]} did not start: ${error.message}.`));
  });
  const slow = setTimeout(() => {
    state.failure = `it did not come up within ${allowedMs / 1000} s (${logFile}).`;
    child.kill('SIGKILL');
  }, allowedMs);
  void exited.then(() => clearTimeout(slow));
  child.on('message', (message: FromParty) => {
    if (message.kind === 'ready') {
      state.isReady = true;
      clearTimeout(slow);
    }
    if (message.kind === 'failed') state.failure = message.sentence;
  });
  const ready = new Promise<string>((resolve, reject) => {
    child.on('message', (message: FromParty) => message.kind === 'ready' && resolve(message.url));
    void exited.then((sentence) => reject(new Error(sentence)));
  });
  ready.catch(() => undefined);
  return {
    party,
    pid: child.pid,
    ready,
    died: exited.then((sentence) => (state.isStopping ? new Promise<string>(() => undefined) : sentence)),
    send: (message) => void child.send(message),
    onMessage: (listener) => void child.on('message', listener),
    async stop() {
      state.isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (!state.isReady) child.kill('SIGKILL');
      if (child.connected) child.disconnect();
      const killer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await exited;
      clearTimeout(killer);
    },
  };
}

/** The last lines of both outputs, which also go to the log file. */
function keepLines(child: ChildProcess, log: WriteStream): string[] {
  const lines: string[] = [];
  log.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log.write(text);
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts.filter((line) => line !== ''));
      lines.splice(0, lines.length - keptLines);
    });
  }
  child.once('close', () => log.end());
  return lines;
}

function endSentence(
  party: Party,
  failure: string | undefined,
  code: number | null,
  signal: string | null,
  lines: readonly string[],
  logFile: string,
): string {
  if (failure !== undefined) return `The ${partyNames[party]} stopped: ${failure}`;
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const why = lines.findLast((line) => /error|fatal/i.test(line)) ?? lines.at(-1);
  return `The ${partyNames[party]} ended ${how}${why === undefined ? '' : `: ${why.trim().slice(0, 300)}`} (${logFile})`;
}
