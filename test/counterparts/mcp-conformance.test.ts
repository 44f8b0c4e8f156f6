import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const node = join(root, 'node_modules', '.bin', 'node');
const suite = join(root, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');
const program = join(import.meta.dirname, 'conformance-client.ts');

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
  'the SDK passes all nine checks of the MCP conformance suite',
  async () => {
    const { output, checks } = await runSuite('auth/enterprise-managed-authorization');
    const judged = checks.filter((check) => check.status !== 'INFO');

    expect(judged.filter((check) => check.status !== 'SUCCESS')).toEqual([]);
    expect(output).toContain('Passed: 10/10, 0 failed, 0 warnings');
    const bySdk = countById(judged);
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
);

async function runSuite(scenario: string): Promise<{ output: string; checks: readonly Check[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
  try {
    const command = `${node} --conditions=@crossgrant/source ${program}`;
    const output = await run(node, [
      suite,
      'client',
      '--command',
      command,
      '--scenario',
      scenario,
      '--output-dir',
      folder,
    ]);
    const file = (await readdir(folder, { recursive: true })).find((name) => name.endsWith('checks.json')) as string;
    return { output, checks: JSON.parse(await readFile(join(folder, file), 'utf8')) as Check[] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: root, timeout: 60_000 }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

function countById(checks: readonly Check[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const check of checks) counts[check.id] = (counts[check.id] ?? 0) + 1;
  return counts;
}
