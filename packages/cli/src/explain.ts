import { explainDecision, findDecision, findRule, logDirectoryOf, type Terminal, type World } from '@crossgrant/world';

/** Prints what the audit of this world's servers holds about a decision. Returns the exit code. */
export async function runExplain(terminal: Terminal, world: World, id: string): Promise<number> {
  if (id.startsWith('rul_')) return explainRule(terminal, world, id);
  const keys = id.startsWith('tok_') ? [{ token: id }] : [{ id }, { jti: id }];
  for (const key of keys) {
    const found = await findDecision(world, key);
    if (found === undefined) continue;
    terminal.pairs(explainDecision(found).map(({ label, value, note }) => [label, value, note] as const));
    return 0;
  }
  terminal.problem(`No server of this world has a decision, an ID-JAG or an access token with the id ${short(id)}.`);
  terminal.line(`Requests that nobody proved (sign-on pages, req_…) stand in the logs: ${logDirectoryOf(world)}/*.log`);
  return 1;
}

/** A rule is no decision, but decisions name it. */
async function explainRule(terminal: Terminal, world: World, id: string): Promise<number> {
  const rule = await findRule(world, id);
  if (rule === undefined) {
    terminal.problem(`${short(id)} names a rule of the policy, and the IdP of this world has none with this id.`);
    return 1;
  }
  terminal.line(`${id} is the rule ${rule.key} of the policy (${rule.effect}). A decision has an id such as aud_….`);
  return 0;
}

function short(id: string): string {
  return id.slice(0, 100);
}
