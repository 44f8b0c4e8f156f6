import { attacks } from '../../spec/attacks.ts';
import { lessons } from '../../spec/lessons.ts';
import type { RequirementStatus, TestStatus } from '../../spec/requirement.ts';
import { requirements } from '../../spec/requirements.ts';
import { describeStatus } from '../../spec/rule.ts';
import { documentVersions, familyDocuments } from '../../spec/versions.ts';
import { collectEvidence } from './evidence.ts';
import { escapeCell, generatedNote } from './markdown.ts';

/** docs/conformance.md: each rule with its level, the files that decide it and the tests that prove it. */
export function conformancePage(): string {
  const evidence = collectEvidence();
  const families = Map.groupBy(requirements, ({ id }) => id.slice(0, 3));
  const active = [...requirements, ...attacks, ...lessons].filter(({ status }) => typeof status === 'string').length;
  return [
    '# Conformance',
    '',
    generatedNote,
    '',
    `${requirements.length} requirements, ${attacks.length} attacks, ${lessons.length} lessons; ${active} of them in force, each with a test that carries its id.`,
    'Roles: CL client, IDP enterprise IdP, RAS resource authorization server, RS resource server, AS both servers.',
    '',
    '## Revisions',
    '',
    ...Object.entries(documentVersions).map(([name, version]) => `- ${name}: ${version}`),
    '',
    ...[...families].flatMap(([family, rows]) => [
      `## ${family}`,
      '',
      ...writtenAgainst(family),
      '| ID | Role | Level | Rule | Decided at | Tests |',
      '|---|---|---|---|---|---|',
      ...rows.map((row) => {
        const level = `${row.level}${row.when === undefined ? '' : ` when ${row.when}`}${row.ours ? ' (ours)' : ''}`;
        return `| ${row.id} | ${row.role} | ${level} | ${escapeCell(row.says)} | ${proof(row.id, row.status)} |`;
      }),
      '',
    ]),
    '## Attacks',
    '',
    '| ID | Attack | Response | Decided at | Tests |',
    '|---|---|---|---|---|',
    ...attacks.map(
      ({ id, name, response, status }) =>
        `| ${id} | ${escapeCell(name)} | ${escapeCell(response)} | ${proof(id, status)} |`,
    ),
    '',
    '## Lessons',
    '',
    '| ID | Cause | Rule | Decided at | Tests |',
    '|---|---|---|---|---|',
    ...lessons.map(
      ({ id, cause, rule, status }) => `| ${id} | ${escapeCell(cause)} | ${escapeCell(rule)} | ${proof(id, status)} |`,
    ),
    '',
  ].join('\n');

  function writtenAgainst(family: string): readonly string[] {
    const names = (familyDocuments as Readonly<Record<string, readonly string[]>>)[family] ?? [];
    return names.length === 0 ? [] : [`Written against ${names.join(', ')}.`, ''];
  }

  function proof(id: string, status: RequirementStatus | TestStatus): string {
    const { citations, tests } = evidence.of(id);
    const list = (paths: readonly string[]): string => paths.map((path) => `\`${path}\``).join('<br>');
    const places = typeof status === 'string' || 'partly' in status ? list(citations) : '';
    const exception = typeof status === 'string' ? '' : `*${escapeCell(describeStatus(status))}*`;
    return `${[exception, places].filter(Boolean).join('<br>')} | ${places === '' && exception !== '' ? '' : list(tests)}`;
  }
}
