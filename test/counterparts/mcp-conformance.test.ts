import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { authScenarios, extensionScenarios } from './conformance-scenarios.ts';

const root = join(import.meta.dirname, '..', '..');
const node = join(root, 'node_modules', '.bin', 'node');
const suite = join(root, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');
const program = join(import.meta.dirname, 'conformance-client.ts');
const patience = 90_000;

interface Check {
  readonly id: string;
  readonly status: string;
}

/**
 * The suite adds one check for each request it sees, so its total grows with the number of requests and says little by
 * itself. What counts is each check by name, without the one that the client program earns by reading its configuration.
 */
verifies(
  ['MCP-01', 'MCP-02', 'MCP-10', 'MCP-11'],
  'the SDK passes all nine checks of the MCP conformance suite for managed authorization',
  async () => {
    const { output, checks } = await runSuite('auth/enterprise-managed-authorization');
    expect(output).toContain('Passed: 10/10, 0 failed, 0 warnings');
    const bySdk = passedOf(checks);
    bySdk['prm-pathbased-requested'] = (bySdk['prm-pathbased-requested'] ?? 0) - 1; // read by the program as its configuration
    expect(bySdk).toEqual({
      'prm-pathbased-requested': 1,
      'authorization-server-metadata': 1,
      'complete-flow-token-exchange': 1,
      'token-request': 1,
      'complete-flow-jwt-bearer': 1,
      'valid-bearer-token': 4, // initialize, initialized, tools/list, tools/call
    });
    expect(Object.values(bySdk).reduce((sum, count) => sum + count, 0)).toBe(9);
  },
  patience,
);

test(
  'the suite has no other scenarios for a client than those judged here',
  async () => {
    const listed = await run(node, [suite, 'list']);
    const auth = [...new Set(listed.match(/auth\/[a-z0-9-]+/g))].sort();
    const judged = [...authScenarios, ...extensionScenarios].map(({ name }) => name);
    expect(auth).toEqual([...new Set([...judged, ...declined, 'auth/enterprise-managed-authorization'])].sort());
  },
  patience,
);

/** A skipped scenario ends with success, so each has to show its checks, by name and number. */
for (const { name, revision, passed } of [...authScenarios, ...extensionScenarios])
  test(
    `${name} at ${revision}: every check passes`,
    async () => {
      const { output, checks } = await runSuite(name, ['--spec-version', revision, '--force']);
      expect(passedOf(checks)).toEqual(passed);
      const total = Object.values(passed).reduce((sum, count) => sum + count, 0);
      expect(output).toContain(`Passed: ${total}/${total}, 0 failed, 0 warnings`);
    },
    patience,
  );

/**
 * Both need a client that guesses: an authorization server at the origin of a resource that names none, and endpoints at
 * places that no metadata names. MCP removed that in 2025-06-18, and whoever guesses can be sent elsewhere.
 */
const declined = ['auth/2025-03-26-oauth-metadata-backcompat', 'auth/2025-03-26-oauth-endpoint-fallback'];
for (const name of declined)
  verifies(
    ['MCP-10', 'LES-91'],
    `${name} is declined: nothing is guessed, so nothing reaches an authorization server`,
    async () => {
      const { checks } = await runSuite(name, ['--spec-version', '2025-03-26']);
      expect(checks.filter(({ status }) => status === 'SUCCESS')).toEqual([]);
      expect(checks.filter(({ status }) => status === 'FAILURE').length).toBeGreaterThan(2);
    },
    patience,
  );

for (const [assertion, reason] of [
  ['wrong_audience_jwt', 'wif-assertion-audience'],
  ['expired_jwt', 'wif-assertion-expired'],
] as const)
  test(
    `a workload whose ${assertion} is refused neither tries again nor falls back to another grant`,
    async () => {
      const { checks } = await runSuite('auth/wif-jwt-bearer', [], { WIF_ASSERTION: assertion });
      const judged = checks.filter(({ id }) => id.startsWith('wif-'));
      expect(judged.map(({ id, status }) => [id, status])).toEqual([[reason, 'FAILURE']]);
    },
    patience,
  );

/** How often each check passed; one that did not pass fails the test. */
function passedOf(checks: readonly Check[]): Record<string, number> {
  const judged = checks.filter((check) => check.status !== 'INFO');
  expect(judged.filter((check) => check.status !== 'SUCCESS')).toEqual([]);
  const counts: Record<string, number> = {};
  for (const check of judged) counts[check.id] = (counts[check.id] ?? 0) + 1;
  return counts;
}

async function runSuite(
  scenario: string,
  more: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ output: string; checks: readonly Check[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
  try {
    const command = `${node} --conditions=@crossgrant/source ${program}`;
    const asked = ['client', '--command', command, '--scenario', scenario, '--output-dir', folder, ...more];
    const output = await run(node, [suite, ...asked], environment);
    const file = (await readdir(folder, { recursive: true })).find((name) => name.endsWith('checks.json')) as string;
    return { output, checks: JSON.parse(await readFile(join(folder, file), 'utf8')) as Check[] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd: root, timeout: 60_000, env: { ...process.env, ...environment } };
  return new Promise((resolve) => {
    execFile(file, args, options, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}
