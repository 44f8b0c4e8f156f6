import type { ContenderStart, Target, Usage } from '../scenario.ts';

/** Runs a contender: starts it from the command line, tells where it listens, and answers for its use of the machine. */
export async function runContender(
  start: (options: ContenderStart) => Promise<Target & { close(): Promise<void> }>,
): Promise<void> {
  const { close, ...target } = await start(JSON.parse(process.argv[2] ?? '') as ContenderStart);
  process.on('message', (message) => {
    if (message === 'usage') process.send?.(usage());
    else void close().then(() => process.exit(0));
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.(target);
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() };
}
