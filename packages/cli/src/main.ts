import { createTerminal, endQuietlyOnClosedPipe, hasColours, StartFailed, WorldMistakes } from '@crossgrant/world';
import { createProgram } from './program.ts';

const terminal = createTerminal({
  write: (text) => process.stdout.write(text),
  hasColours: hasColours(process.stdout, process.env),
});

endQuietlyOnClosedPipe();

try {
  const setExitCode = (code: number): void => {
    process.exitCode = code;
  };
  await createProgram({ terminal, setExitCode }).parseAsync();
} catch (error) {
  if (!(error instanceof WorldMistakes || error instanceof StartFailed)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
