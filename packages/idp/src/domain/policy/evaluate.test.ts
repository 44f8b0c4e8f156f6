import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import type { Decision } from './decision.ts';
import { evaluatePolicy } from './evaluate.ts';
import type { Facts, ResourceScope, Rule, RuleConditions } from './model.ts';
import { client, connection, facts, files, mcp, policy, resourceApp, rule, scopesOf } from './policy-fixture.ts';

function granted(decision: Decision): readonly string[] {
  return decision.outcome === 'allow' ? decision.scopes : [];
}

function cause(decision: Decision): string {
  return decision.outcome === 'deny' ? decision.because : decision.outcome;
}

test('a rule for the person’s group grants what was asked', () => {
  const decision = evaluatePolicy(policy(), facts());
  expect(decision).toMatchObject({
    outcome: 'allow',
    scopes: ['chat.read'],
    resources: [mcp],
    lifetimeSeconds: 300,
    ruleIds: ['rul_1'],
    connectionId: 'con_1',
  });
});

verifies(['TEX-16', 'ADM-01'], 'nothing is allowed unless a rule allows it', () => {
  expect(cause(evaluatePolicy(policy({ rules: [] }), facts()))).toBe('no_rule_allows');
  expect(cause(evaluatePolicy(policy(), facts({ groups: ['sales'] })))).toBe('no_rule_allows');
});

verifies(['ADM-01', 'TEX-16'], 'a deny rule beats every allow rule', () => {
  const deny = rule({ id: 'rul_2', effect: 'deny', groups: [], users: ['usr_ada'], scopes: ['chat.read'] });
  const decision = evaluatePolicy(policy({ rules: [rule(), deny] }), facts());
  expect(decision).toMatchObject({ outcome: 'deny', because: 'denied_by_rule', ruleIds: ['rul_2'] });
  expect(
    granted(evaluatePolicy(policy({ rules: [rule(), deny] }), facts({ scopes: ['chat.read', 'chat.write'] }))),
  ).toEqual(['chat.write']);
});

verifies(['ADM-01', 'CID-01'], 'a pair without a connection is unknown', () => {
  expect(cause(evaluatePolicy(policy({ connection: connection({ clientAppId: 'other' }) }), facts()))).toBe(
    'no_connection',
  );
  expect(cause(evaluatePolicy(policy(), facts({ resourceAppId: 'rap_none' })))).toBe('no_connection');
  expect(cause(evaluatePolicy(policy(), facts({ clientAppId: 'nobody' })))).toBe('unknown_client');
});

verifies(['LES-20', 'ADM-02'], 'whatever is switched off closes the connection', () => {
  expect(cause(evaluatePolicy(policy({ client: client({ state: 'blocked' }) }), facts()))).toBe('client_blocked');
  expect(cause(evaluatePolicy(policy({ app: resourceApp({ state: 'disabled' }) }), facts()))).toBe(
    'resource_app_disabled',
  );
  expect(cause(evaluatePolicy(policy({ connection: connection({ state: 'blocked' }) }), facts()))).toBe(
    'connection_blocked',
  );
  expect(cause(evaluatePolicy(policy({ connection: connection({ state: 'pending' }) }), facts()))).toBe('pending');
});

verifies('ADM-01', 'a connection ends at its expiry', () => {
  const { nowMs } = facts();
  expect(cause(evaluatePolicy(policy({ connection: connection({ expiresAt: nowMs }) }), facts()))).toBe(
    'connection_expired',
  );
  expect(evaluatePolicy(policy({ connection: connection({ expiresAt: nowMs + 1 }) }), facts()).outcome).toBe('allow');
});

verifies(['TEX-17', 'ATK-28'], 'scopes beyond the ceiling are left out', () => {
  const decision = evaluatePolicy(policy(), facts({ scopes: ['chat.read', 'chat.purge', 'offline_access'] }));
  expect(granted(decision)).toEqual(['chat.read']);
  expect(decision.reasons.map(({ because }) => because)).toEqual([
    'allowed_by_rule',
    'outside_ceiling',
    'outside_ceiling',
  ]);
});

verifies('TEX-18', 'a request whose scopes all fail is told so when others would pass', () => {
  expect(cause(evaluatePolicy(policy(), facts({ scopes: ['chat.purge'] })))).toBe('no_scope');
  expect(cause(evaluatePolicy(policy({ rules: [rule({ scopes: ['chat.write'] })] }), facts()))).toBe('no_scope');
});

verifies('TEX-19', 'without scope the default scopes of the connection are judged', () => {
  expect(granted(evaluatePolicy(policy(), facts({ scopes: undefined })))).toEqual(['chat.read']);
});

verifies('TEX-15', 'without resource the default or the only resource is taken', () => {
  expect(evaluatePolicy(policy(), facts({ resources: [] }))).toMatchObject({ resources: [mcp] });
  expect(
    evaluatePolicy(
      policy({ connection: connection({ resources: [files], defaultResource: undefined }) }),
      facts({ resources: [] }),
    ),
  ).toMatchObject({ resources: [files] });
  expect(
    cause(evaluatePolicy(policy({ connection: connection({ defaultResource: undefined }) }), facts({ resources: [] }))),
  ).toBe('no_resource');
});

verifies(['TEX-14', 'ATK-31'], 'one foreign resource spoils the request', () => {
  expect(cause(evaluatePolicy(policy(), facts({ resources: [mcp, 'https://other.example/'] })))).toBe(
    'foreign_resource',
  );
});

verifies('TEX-17', 'a resource beyond the connection is left out, and when none stays nothing is granted', () => {
  const narrow = policy({ connection: connection({ resources: [mcp] }) });
  expect(evaluatePolicy(narrow, facts({ resources: [mcp, files] }))).toMatchObject({
    outcome: 'allow',
    resources: [mcp],
    resourceReasons: [{ resource: files, because: 'outside_connection' }],
  });
  expect(cause(evaluatePolicy(narrow, facts({ resources: [files] })))).toBe('no_resource');
});

test('a scope that two requested resources know needs both to allow it', () => {
  const onlyStandard = policy({ rules: [rule({ tags: { resources: ['standard'] } })] });
  expect(cause(evaluatePolicy(onlyStandard, facts({ resources: [mcp, files] })))).toBe('no_scope');
  expect(
    granted(evaluatePolicy(onlyStandard, facts({ resources: [mcp, files], scopes: ['chat.read', 'chat.history'] }))),
  ).toEqual(['chat.history']);
});

test('tags and risks let one rule speak for many connections', () => {
  const tagged = rule({
    groups: [],
    everyone: true,
    tags: { clients: ['trusted'], resourceApps: ['saas'], resources: ['standard'] },
    risks: ['read'],
  });
  expect(granted(evaluatePolicy(policy({ rules: [tagged] }), facts({ scopes: ['chat.read', 'chat.write'] })))).toEqual([
    'chat.read',
  ]);
  expect(cause(evaluatePolicy(policy({ rules: [tagged], client: client({ tags: [] }) }), facts()))).toBe(
    'no_rule_allows',
  );
  expect(cause(evaluatePolicy(policy({ rules: [{ ...tagged, connections: ['con_2'] }] }), facts()))).toBe(
    'no_rule_allows',
  );
});

test('a scope whose meaning changed since approval is not granted', () => {
  const changed = new Map([
    [
      mcp,
      {
        identifier: mcp,
        tags: [],
        scopes: new Map([
          ...scopesOf({ 'chat.history': 'read' }),
          ['chat.read', { risk: 'write', version: 2 } as const],
        ]),
      },
    ],
  ]);
  const decision = evaluatePolicy(
    policy({ app: resourceApp({ resources: changed }) }),
    facts({ scopes: ['chat.read', 'chat.history'] }),
  );
  expect(decision.reasons.map(({ because }) => because)).toEqual(['scope_changed', 'allowed_by_rule']);
});

verifies('IDJ-08', 'no lifetime exceeds ten minutes', () => {
  expect(evaluatePolicy(policy({ connection: connection({ lifetimeSeconds: 86_400 }) }), facts())).toMatchObject({
    lifetimeSeconds: 600,
  });
});

verifies('LES-73', 'an unknown condition lets deny rules bite and keeps allow rules from applying', () => {
  const odd = { device: 'managed' } as RuleConditions;
  expect(cause(evaluatePolicy(policy({ rules: [rule({ conditions: odd })] }), facts()))).toBe('no_rule_allows');
  expect(
    cause(evaluatePolicy(policy({ rules: [rule(), rule({ id: 'rul_2', effect: 'deny', conditions: odd })] }), facts())),
  ).toBe('denied_by_rule');
});

verifies('LES-73', 'a person whose groups or identity are unknown meets every deny rule', () => {
  const rules = [
    rule({ groups: [], everyone: true }),
    rule({ id: 'rul_2', effect: 'deny', groups: ['contractors'] }),
    rule({ id: 'rul_3', effect: 'deny', groups: [], users: ['usr_eve'], scopes: ['chat.write'] }),
  ];
  expect(evaluatePolicy(policy({ rules }), facts()).outcome).toBe('allow');
  expect(cause(evaluatePolicy(policy({ rules }), facts({ groups: undefined })))).toBe('denied_by_rule');
  expect(cause(evaluatePolicy(policy({ rules }), facts({ userId: undefined, scopes: ['chat.write'] })))).toBe(
    'denied_by_rule',
  );
  expect(cause(evaluatePolicy(policy({ rules }), facts({ userId: 'usr_eve', scopes: ['chat.write'] })))).toBe(
    'denied_by_rule',
  );
});

verifies(
  ['STP-01', 'TEX-17'],
  'a scope that is denied does not hide what a fresh sign-on would give of the others',
  () => {
    const deny = rule({ id: 'rul_2', effect: 'deny', scopes: ['chat.read'] });
    const fresh = rule({ scopes: ['chat.write'], conditions: { maxAge: 60 } });
    const asked = (scopes: readonly string[]): string =>
      cause(evaluatePolicy(policy({ rules: [deny, fresh] }), facts({ scopes })));
    expect(asked(['chat.read', 'chat.write'])).toBe('step_up');
    expect(asked(['chat.write'])).toBe('step_up');
    expect(asked(['chat.read'])).toBe('denied_by_rule');
  },
);

verifies(['STP-02', 'ATK-62'], 'step-up is asked for only when a better sign-on can succeed', () => {
  const strong = (conditions: RuleConditions): Decision =>
    evaluatePolicy(policy({ rules: [rule({ conditions })] }), facts());
  expect(strong({ acr: ['mfa', 'unheard-of'], maxAge: 60 })).toMatchObject({
    outcome: 'step_up',
    need: { acrValues: ['mfa'], maxAge: 60 },
  });
  expect(strong({ maxAge: 60 })).toMatchObject({ outcome: 'step_up', need: { maxAge: 60 } });
  expect(cause(strong({ acr: ['unheard-of'] }))).toBe('no_rule_allows');
  expect(cause(strong({ acr: ['mfa'], network: { in: ['172.16.0.0/12'] } }))).toBe('no_rule_allows');
  expect(cause(strong({ amr: ['hwk'] }))).toBe('no_rule_allows');
});

verifies(['STP-02', 'ATK-62'], 'what else denies after the better sign-on keeps it from being asked for', () => {
  const fresh = rule({ conditions: { maxAge: 60 } });
  const decide = (deny: Partial<Rule>): string =>
    cause(evaluatePolicy(policy({ rules: [fresh, rule({ id: 'rul_2', effect: 'deny', ...deny })] }), facts()));
  expect(decide({ conditions: { amr: ['otp'] } })).toBe('step_up');
  expect(decide({ conditions: { maxAge: 30 } })).toBe('no_rule_allows');
  expect(decide({ conditions: { network: { in: ['10.0.0.0/8'] } } })).toBe('denied_by_rule');
});

verifies(
  ['STP-01', 'STP-02'],
  'a demand holds for the whole new sign-on, not only for what was wrong with the last',
  () => {
    const decide = (conditions: RuleConditions, over: Partial<Facts> = {}): Decision =>
      evaluatePolicy(policy({ rules: [rule({ conditions })] }), facts(over));
    const strongAndOld = { acr: 'mfa', amr: ['pwd', 'otp'] };
    expect(decide({ acr: ['mfa'], maxAge: 60 }, strongAndOld)).toMatchObject({
      need: { acrValues: ['mfa'], maxAge: 60 },
    });
    expect(decide({ amr: ['otp'], maxAge: 3_600 })).toMatchObject({ need: { acrValues: ['mfa'], maxAge: 3_600 } });
    expect(decide({ acr: ['pwd', 'mfa'], maxAge: 60 }, { acr: 'old' })).toMatchObject({
      need: { acrValues: ['pwd', 'mfa'], maxAge: 60 },
    });
    expect(decide({ acr: ['mfa'] }, { acr: undefined, authTime: undefined })).toMatchObject({
      need: { acrValues: ['mfa'] },
    });
  },
);

verifies('STP-07', 'a scope can demand a better sign-on itself, whichever rule grants it', () => {
  const demanding = resourceApp();
  const { scopes } = demanding.resources.get(mcp)!;
  (scopes as Map<string, ResourceScope>).set('chat.write', { risk: 'write', version: 1, signOn: { maxAge: 60 } });
  const decide = (scope: string, over: Partial<Facts> = {}): Decision =>
    evaluatePolicy(policy({ app: demanding }), facts({ scopes: [scope], ...over }));
  expect(decide('chat.read').outcome).toBe('allow');
  expect(decide('chat.write')).toMatchObject({
    outcome: 'step_up',
    need: { maxAge: 60 },
    ruleIds: ['rul_1'],
    reasons: [{ scope: 'chat.write', verdict: 'step_up', because: 'stronger_sign_on_needed' }],
  });
  expect(decide('chat.write', { authTime: 1_795_478_350 }).outcome).toBe('allow');
  expect(decide('chat.write', { authTime: undefined }).outcome).toBe('step_up');
  (scopes as Map<string, ResourceScope>).set('chat.write', { risk: 'write', version: 1, signOn: { acr: ['phr'] } });
  expect(decide('chat.write')).toMatchObject({
    outcome: 'deny',
    reasons: [{ because: 'sign_on_too_weak' }],
  });
  const odd = { risk: 'write', version: 1, signOn: { device: 'managed' } } as unknown as ResourceScope;
  (scopes as Map<string, ResourceScope>).set('chat.write', odd);
  expect(decide('chat.write').outcome).toBe('deny');
});

test('conditions that hold let the rule apply', () => {
  const conditions: RuleConditions = {
    acr: ['pwd'],
    amr: ['pwd'],
    maxAge: 100,
    network: { in: ['10.0.0.0/8'], notIn: ['10.2.0.0/16'] },
    callerNetwork: { notIn: ['198.51.100.0/24'] },
    time: { days: ['tue'] },
  };
  expect(evaluatePolicy(policy({ rules: [rule({ conditions })] }), facts()).outcome).toBe('allow');
  expect(evaluatePolicy(policy({ rules: [rule({ conditions })] }), facts({ address: '10.2.0.1' })).outcome).toBe(
    'deny',
  );
});

test('a deny rule bites only while its conditions hold', () => {
  const deny = rule({ id: 'rul_2', effect: 'deny', conditions: { network: { notIn: ['10.0.0.0/8'] } } });
  expect(evaluatePolicy(policy({ rules: [rule(), deny] }), facts()).outcome).toBe('allow');
  expect(cause(evaluatePolicy(policy({ rules: [rule(), deny] }), facts({ address: '203.0.113.1' })))).toBe(
    'denied_by_rule',
  );
});

test('one changed entry takes effect at once', () => {
  const index = policy();
  expect(evaluatePolicy(index, facts()).outcome).toBe('allow');
  index.putConnection(connection({ state: 'blocked' }));
  expect(cause(evaluatePolicy(index, facts()))).toBe('connection_blocked');
  index.putConnection(connection());
  index.putRule(rule({ groups: ['sales'] }));
  expect(cause(evaluatePolicy(index, facts()))).toBe('no_rule_allows');
  index.putRule(rule({ tags: { clients: ['vetted'] } }));
  index.putClient(client({ tags: ['vetted'] }));
  expect(evaluatePolicy(index, facts()).outcome).toBe('allow');
});
