import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { test } from 'vitest';
import type { Decision } from './decision.ts';
import { evaluatePolicy } from './evaluate.ts';
import type { Facts, Resource, ResourceApp, Rule, RuleConditions } from './model.ts';
import { connection, facts, files, mcp, policy, resourceApp, rule } from './policy-fixture.ts';

const scopes = ['chat.read', 'chat.history', 'chat.write', 'chat.purge', 'files.read', 'offline_access'];
const some = (values: readonly string[]): fc.Arbitrary<string[]> => fc.subarray([...values]);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

const conditions: fc.Arbitrary<RuleConditions> = fc.record({
  acr: maybe(some(['pwd', 'mfa'])),
  amr: maybe(some(['pwd', 'otp'])),
  maxAge: maybe(fc.constantFrom(10, 200, -1)),
  network: maybe(fc.constantFrom({ in: ['10.0.0.0/8'] }, { notIn: ['10.0.0.0/8'] }, {})),
  time: maybe(fc.constantFrom({ days: ['tue'] }, { days: ['sun'] }, { days: ['xxx'] })),
});

const anyRule: fc.Arbitrary<Omit<Rule, 'id'>> = fc.record({
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  users: some(['usr_ada', 'usr_eve']),
  groups: some(['engineering', 'sales']),
  everyone: fc.boolean(),
  connections: maybe(some(['con_1', 'con_2'])),
  tags: maybe(
    fc.record({
      clients: maybe(some(['trusted', 'x'])),
      resourceApps: maybe(some(['saas', 'x'])),
      resources: maybe(some(['standard', 'x'])),
    }),
  ),
  scopes: maybe(some(scopes)),
  risks: maybe(fc.subarray(['read' as const, 'write' as const, 'destructive' as const])),
  conditions: maybe(conditions),
});

const rules: fc.Arbitrary<Rule[]> = fc
  .array(anyRule, { maxLength: 8 })
  .map((list) => list.map((entry, index) => ({ ...entry, id: `rul_${index}` })));
const requests: fc.Arbitrary<Facts> = fc
  .record({
    resources: some([mcp, files]),
    scopes: fc.subarray(scopes, { minLength: 1 }),
    groups: some(['engineering', 'sales']),
    acr: fc.constantFrom('pwd', 'mfa'),
    amr: some(['pwd', 'otp']),
  })
  .map((over) => facts(over));

function reach(decision: Decision): { scopes: readonly string[]; resources: readonly string[] } {
  return decision.outcome === 'allow' ? decision : { scopes: [], resources: [] };
}

function isWithinReach(narrow: Decision, wide: Decision): boolean {
  const [a, b] = [reach(narrow), reach(wide)];
  return (
    a.scopes.every((scope) => b.scopes.includes(scope)) &&
    a.resources.every((resource) => b.resources.includes(resource))
  );
}

verifies(['ADM-01', 'TEX-16'], 'property: adding a deny rule never grants more', () => {
  fc.assert(
    fc.property(rules, anyRule, requests, (list, extra, request) => {
      const more = [...list, { ...extra, effect: 'deny' as const, id: 'rul_extra' }];
      return isWithinReach(
        evaluatePolicy(policy({ rules: more }), request),
        evaluatePolicy(policy({ rules: list }), request),
      );
    }),
    { numRuns: 500 },
  );
});

verifies(['TEX-17', 'ATK-28'], 'property: what is granted lies within the request and within the ceiling', () => {
  fc.assert(
    fc.property(rules, requests, (list, request) => {
      const { scopes: grantedScopes, resources } = reach(evaluatePolicy(policy({ rules: list }), request));
      return (
        grantedScopes.every((scope) => request.scopes?.includes(scope) && connection().scopes.has(scope)) &&
        resources.every((resource) => request.resources.length === 0 || request.resources.includes(resource))
      );
    }),
    { numRuns: 500 },
  );
});

test('property: the order of rules plays no part', () => {
  fc.assert(
    fc.property(rules, requests, fc.infiniteStream(fc.nat()), (list, request, keys) => {
      const order = new Map(list.map((entry) => [entry, keys.next().value as number]));
      const shuffled = [...list].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
      return (
        JSON.stringify(evaluatePolicy(policy({ rules: list }), request)) ===
        JSON.stringify(evaluatePolicy(policy({ rules: shuffled }), request))
      );
    }),
    { numRuns: 500 },
  );
});

verifies('LES-73', 'property: removing any fact never widens', () => {
  const removable = ['userId', 'groups', 'acr', 'amr', 'authTime', 'address', 'callerAddress'] as const;
  fc.assert(
    fc.property(rules, requests, fc.subarray([...removable], { minLength: 1 }), (list, request, removed) => {
      const known = { ...request, ...Object.fromEntries(removed.map((name) => [name, undefined])) };
      return isWithinReach(
        evaluatePolicy(policy({ rules: list }), known),
        evaluatePolicy(policy({ rules: list }), request),
      );
    }),
    { numRuns: 1000 },
  );
});

test('property: an allow decision always names a rule and a scope', () => {
  fc.assert(
    fc.property(rules, requests, (list, request) => {
      const decision = evaluatePolicy(policy({ rules: list }), request);
      return (
        decision.outcome !== 'allow' ||
        (decision.scopes.length > 0 && decision.resources.length > 0 && decision.ruleIds.length > 0)
      );
    }),
    { numRuns: 300 },
  );
});

test('the fixture allows something, so that the properties are not empty', () => {
  fc.assert(
    fc.property(fc.constant(0), () => reach(evaluatePolicy(policy({ rules: [rule()] }), facts())).scopes.length === 1),
  );
});

const demand = fc.record({ acr: maybe(some(['pwd', 'mfa'])), maxAge: maybe(fc.constantFrom(10, 200)) });
const apps: fc.Arbitrary<ResourceApp> = fc
  .dictionary(fc.constantFrom(...scopes), demand, { maxKeys: 3 })
  .map((demands) => {
    const app = resourceApp();
    const resources = [...app.resources].map(([identifier, resource]): [string, Resource] => [
      identifier,
      {
        ...resource,
        scopes: new Map([...resource.scopes].map(([scope, known]) => [scope, { ...known, signOn: demands[scope] }])),
      },
    ]);
    return { ...app, resources: new Map(resources) };
  });
const methods = [
  { acr: 'pwd', amr: ['pwd'] },
  { acr: 'mfa', amr: ['pwd', 'otp'] },
];

verifies(['STP-01', 'STP-02'], 'property: whoever does what a step-up asks for is allowed', () => {
  fc.assert(
    fc.property(rules, apps, requests, fc.nat(1_000), (list, app, request, within) => {
      const snapshot = policy({ rules: list, app });
      const decision = evaluatePolicy(snapshot, request);
      if (decision.outcome !== 'step_up') return true;
      const { acrValues, maxAge } = decision.need;
      if (acrValues === undefined && maxAge === undefined) return false;
      const age = within % ((maxAge ?? 100_000) + 1);
      return methods
        .filter(({ acr }) => acrValues === undefined || acrValues.includes(acr))
        .every((method) => {
          const authTime = request.nowMs / 1000 - age;
          return evaluatePolicy(snapshot, { ...request, ...method, authTime }).outcome === 'allow';
        });
    }),
    { numRuns: 3_000 },
  );
});

verifies(['STP-02', 'ATK-62'], 'property: where nothing is asked for, no sign-on there is would have helped', () => {
  const signedOn = fc
    .tuple(requests, fc.constantFrom(...methods))
    .map(([request, method]) => ({ ...request, ...method }));
  fc.assert(
    fc.property(rules, apps, signedOn, fc.constantFrom(0, 10, 200), (list, app, request, age) => {
      const snapshot = policy({ rules: list, app });
      if (evaluatePolicy(snapshot, request).outcome !== 'deny') return true;
      return methods.every((method) => {
        const at = (authTime: number) => evaluatePolicy(snapshot, { ...request, ...method, authTime });
        const now = request.nowMs / 1000;
        return at(now).outcome !== 'allow' || at(now - age).outcome !== 'allow';
      });
    }),
    { numRuns: 2_000 },
  );
});

verifies(['STP-01', 'TEX-16'], 'property: a fresher sign-on, or one by more methods, never grants less', () => {
  fc.assert(
    fc.property(rules, apps, requests, fc.nat(400), fc.nat(400), (list, app, request, one, other) => {
      const unconditional = list.map((entry) =>
        entry.effect === 'deny' ? { ...entry, conditions: undefined } : entry,
      );
      const snapshot = policy({ rules: unconditional, app });
      const now = request.nowMs / 1000;
      const old = { ...request, authTime: now - Math.max(one, other) };
      const better = { ...request, authTime: now - Math.min(one, other), amr: ['pwd', 'otp'] };
      return isWithinReach(evaluatePolicy(snapshot, old), evaluatePolicy(snapshot, better));
    }),
    { numRuns: 1_000 },
  );
});
