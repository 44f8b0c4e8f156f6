import { parseArgs } from 'node:util';
import { endQuietlyOnClosedPipe } from './report/closed-pipe.ts';
import { defaultWorldFile } from './report/what-to-try.ts';
import { runStart } from './run-start.ts';

const usage = `npm start -- [--once] [--world FILE] [--person NAME]

  --once         end after the tool call; the exit code tells whether every hop worked
  --world FILE   another world (default: worlds/default.yaml)
  --person NAME  who signs on (default: sampleApp.person of the world)`;

const started = performance.now();
endQuietlyOnClosedPipe();
try {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      world: { type: 'string', default: defaultWorldFile },
      person: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(usage);
  else if (process.env.npm_config_once !== undefined && !values.once) {
    console.error('npm keeps --once for itself. Write: npm start -- --once');
    process.exitCode = 2;
  } else
    process.exitCode = await runStart({ once: values.once, worldFile: values.world, person: values.person, started });
} catch (error) {
  console.error(
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
      ? `${error.message}\n\n${usage}`
      : error,
  );
  process.exitCode = 2;
}
