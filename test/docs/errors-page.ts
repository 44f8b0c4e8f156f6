import { refusalCatalogue } from '../../packages/protocol/src/refusals/catalogue.ts';
import type { RefusalEntry } from '../../packages/protocol/src/refusals/entry.ts';
import { escapeCell, generatedNote } from './markdown.ts';

/** docs/errors.md: every refusal with what the caller sees and what the audit log says. */
export function errorsPage(): string {
  const entries: readonly (readonly [string, RefusalEntry])[] = Object.entries(refusalCatalogue);
  const families = Map.groupBy(entries, ([code]) => code.split('/')[0]!);
  return [
    '# Errors',
    '',
    generatedNote,
    '',
    'The caller sees the error, the status and the sentence, with a correlation id in brackets. The code and the reason are for',
    'administrators: the audit row of that id carries them.',
    '',
    ...[...families].flatMap(([family, rows]) => [
      `## ${family}`,
      '',
      '| Code | Error | Status | Sentence | Reason | Rules |',
      '|---|---|---|---|---|---|',
      ...rows.map(
        ([code, entry]) =>
          `| \`${code}\` | \`${entry.error}\` | ${entry.status} | ${escapeCell(entry.sentence)} | ${escapeCell(entry.reason)} | ${entry.rules.join(', ')} |`,
      ),
      '',
    ]),
  ].join('\n');
}
