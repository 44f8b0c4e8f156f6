import { explainDecision, findDecision, type Terminal, type World } from '@crossgrant/world';

/** Prints what the audit of this world's servers holds about a decision. Returns the exit code. */
export async function runExplain(terminal: Terminal, world: World, id: string): Promise<number> {
  const found = (await findDecision(world, { id })) ?? (await findDecision(world, { jti: id }));
  if (found === undefined) {
    terminal.problem(`No server of this world has a decision or an ID-JAG with the id ${id.slice(0, 100)}.`);
    return 1;
  }
  terminal.pairs(explainDecision(found).map(({ label, value, note }) => [label, value, note] as const));
  return 0;
}
