import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, type Pace } from './compare.ts';
import { pinLoad } from './contender-process.ts';
import { type Figure, figuresOf, loadFigures } from './figures.ts';
import { measureFirstToken } from './first-token.ts';
import { describeMachine } from './machine.ts';
import { measureVerification } from './measure-verification.ts';
import { performancePage } from './page.ts';
import { allScenarios, contendersOf, quickScenarios } from './scenarios.ts';

/**
 * Side-by-side measurements. One line of JSON per figure; without `--quick` the whole table, which also becomes
 * docs/performance.md. `--only TEXT` runs the figures whose name contains the text, `--profile FOLDER` writes CPU profiles;
 * neither touches the page.
 */
const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const only = optionValue('--only') ?? '';
const profileFolder = optionValue('--profile');

const quickPace: Pace = { rounds: 5, roundSeconds: 0.5, warmUpSeconds: 1, warmUpRequests: 3_500 };
const fullPace: Pace = { rounds: 7, roundSeconds: 0.8, warmUpSeconds: 2, warmUpRequests: 8_000 };

pinLoad();
const machine = describeMachine();
const figures = await measureAll();
if (!isQuick && only === '' && profileFolder === undefined) await writePage();

async function measureAll(): Promise<readonly Figure[]> {
  const found: Figure[] = [];
  const pace = { ...(isQuick ? quickPace : fullPace), profileFolder };
  for (const scenario of isQuick ? quickScenarios : allScenarios) {
    if (!scenario.name.includes(only)) continue;
    const series = await compare(scenario, contendersOf(scenario), pace);
    found.push(...print([...figuresOf(scenario, series), ...loadFigures(scenario, series)]));
  }
  if ('verification'.includes(only))
    found.push(...print(await measureVerification(pace.rounds, isQuick ? 1_000 : 3_000)));
  if ('start'.includes(only)) {
    for (const scenario of quickScenarios) found.push(...print([await measureFirstToken(scenario, isQuick ? 2 : 5)]));
  }
  return found;
}

function print(lines: readonly Figure[]): readonly Figure[] {
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  return lines;
}

async function writePage(): Promise<void> {
  const root = join(import.meta.dirname, '..');
  const findings = await readFile(join(import.meta.dirname, 'findings.md'), 'utf8');
  await writeFile(join(root, 'docs', 'performance.md'), performancePage(figures, machine, findings));
}

function optionValue(option: string): string | undefined {
  const at = args.indexOf(option);
  return at < 0 ? undefined : args[at + 1];
}
