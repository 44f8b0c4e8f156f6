import type { Figure } from './figures.ts';
import type { Machine } from './machine.ts';

/** docs/performance.md, whole: what was measured, on what, how, and what came out. */
export function performancePage(figures: readonly Figure[], machine: Machine, findings: string): string {
  return [
    '# Performance',
    '',
    'Written by `npm run bench`; `npm run bench -- --quick` prints the most important figures in under a minute. Quote the',
    'ratios, not the absolute numbers: those belong to one machine on one day.',
    '',
    '## What is compared',
    '',
    ...contenders,
    '',
    '## How',
    '',
    ...method(machine),
    '',
    '## Ratios',
    '',
    'How many times as much Crossgrant does as the other: the median of the rounds, and the lowest and highest round. CPU is',
    'the same ratio per second of processor time.',
    '',
    '| Figure | Against | Ratio | Spread | CPU | Goal | |',
    '|---|---|---|---|---|---|---|',
    ...figures.filter(({ ratio }) => ratio !== undefined).map(ratioRow),
    '',
    '## Under load',
    '',
    '| Figure | Value | Goal | |',
    '|---|---|---|---|',
    ...figures.filter(({ value }) => value !== undefined).map(valueRow),
    '',
    `Answers that were not 200, all runs together: ${figures.reduce((sum, { errors }) => sum + errors, 0)}.`,
    '',
    findings.trim(),
    '',
  ].join('\n');
}

const contenders = [
  '| Contender | What it does for each request |',
  '|---|---|',
  '| Crossgrant exchange | the IdP as it ships: client, ID token, live person and session, connection, policy, issuance row and chained audit row durable in SQLite |',
  '| Crossgrant redemption | the authorization server as it ships: every check of the redemption, account, replay record, token row and chained audit row durable in SQLite |',
  '| bare handler | `node:http`, the hash of the client secret, one verification and one signature by the same `jws` code, and the commit of the same rows through the same group commit. No policy, no people or accounts, no limits: the price of everything around |',
  '| oidc-provider | the grant registered as its documentation shows, jose for the signatures; nothing stored, nothing audited |',
  '| workers-oauth-provider | its own ID-JAG grant on Node with a map in memory as its key-value store, and the key set of the issuer from memory |',
  '| jose | `jwtVerify` with a local key set, against the middleware: header, signature, issuer, audience, time |',
];

function method({ processor, cores, memoryGigabytes, isPinned, busyBefore, versions }: Machine): readonly string[] {
  return [
    `- Machine: ${processor}, ${cores} cores, ${memoryGigabytes} GB. Before the run began, ${busyBefore} other processes wanted a core;`,
    '  on a machine that is not idle the absolute figures, latencies above all, are those of the crowd.',
    `- Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    `- ${isPinned ? 'Every server, its threads included, runs on the first core alone; the load comes from the second' : 'Servers and load share the cores: pinning was not possible'}.`,
    '- 32 keep-alive connections, one request at a time on each. The same requests for all: `client_secret_basic`, tokens',
    '  made beforehand, fresh for every request unless the figure says otherwise. Every answer must be 200.',
    '- Contenders run at once and are loaded in turns, A B C, A B C, after a warm-up, so that what disturbs the machine',
    '  disturbs all of them. Medians.',
  ];
}

function ratioRow({ figure, against, ratio, spread, cpu, goal, reached }: Figure): string {
  const range = spread === undefined ? '' : `${spread[0]} – ${spread[1]}`;
  return `| ${figure} | ${against} | **${ratio}** | ${range} | ${cpu ?? ''} | ${goal === undefined ? '' : `≥ ${goal}`} | ${mark(reached)} |`;
}

function valueRow({ figure, value, unit, goal, reached }: Figure): string {
  return `| ${figure} | **${value}** ${unit} | ${goal === undefined ? '' : `≤ ${goal}`} | ${mark(reached)} |`;
}

function mark(reached: boolean | undefined): string {
  if (reached === undefined) return '';
  return reached ? 'reached' : 'missed';
}
