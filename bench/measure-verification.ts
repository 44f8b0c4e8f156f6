import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pinnedNode } from './contender-process.ts';
import { type Figure, ratioFigure } from './figures.ts';
import type { VerificationResult } from './verification.ts';

const goals = { 'fresh ES256': 1.25, 'fresh RS256': 1.8, 'repeated ES256': 20, 'repeated RS256': 20 } as const;

/** Verification at the middleware against `jose.jwtVerify`, in a process of its own on the servers' core. */
export async function measureVerification(rounds: number, perRound: number): Promise<readonly Figure[]> {
  const [command = '', ...args] = pinnedNode('./verification.ts', [String(rounds), String(perRound)]);
  const { stdout } = await promisify(execFile)(command, args);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const { alg, tokens, ours, jose, errors } = JSON.parse(line) as VerificationResult;
      const figure = `verification ${alg}${tokens === 'repeated' ? ', token seen before' : ''}`;
      return ratioFigure(figure, 'jose', { ours, theirs: jose }, { goal: goals[`${tokens} ${alg}`], errors });
    });
}
