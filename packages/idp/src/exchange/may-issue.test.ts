import type { ClientApp, Person } from '@crossgrant/identity';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import type { LiveState, TenantState } from '../snapshot/live-state.ts';
import { type IssueAttempt, type LiveSession, mayIssue } from './may-issue.ts';

const nowMs = 1_000_000_000;
const client = {
  id: 'app_1',
  clientId: 'agent',
  state: 'active',
  grantTypes: ['authorization_code', 'refresh_token', 'token-exchange'],
} as unknown as ClientApp;
const person = { id: 'usr_1', state: 'active' } as unknown as Person;
const session: LiveSession = {
  sid: 's',
  userId: 'usr_1',
  clientId: 'agent',
  authTime: 999_000,
  expiresAt: nowMs + 1000,
};

interface Over {
  readonly attempt?: Partial<IssueAttempt>;
  readonly tenant?: Partial<TenantState>;
  readonly client?: Partial<ClientApp> | null;
  readonly person?: Partial<Person> | null;
  readonly session?: Partial<LiveSession> | null;
}

function refusal(over: Over, grantType: string): string {
  const live = {
    epoch: 1,
    tenant: { id: 'ten_1', issuer: 'https://idp.example', state: 'active', revokedBefore: undefined, ...over.tenant },
    client: () => (over.client === null ? undefined : { ...client, ...over.client }),
    person: () => (over.person === null ? undefined : { ...person, ...over.person }),
  } as unknown as LiveState;
  const attempt: IssueAttempt = {
    grantType,
    client: { ...client, ...over.client },
    userId: 'usr_1',
    session: over.session === null ? undefined : { ...session, ...over.session },
    authTime: 999_000,
    acr: undefined,
    amr: undefined,
    ...over.attempt,
  };
  const permit = mayIssue(live, attempt, nowMs);
  return permit.ok ? 'permitted' : permit.refusal.code;
}

const restrictions: readonly [string, Over, string][] = [
  ['tenant disabled', { tenant: { state: 'disabled' } }, 'client/blocked'],
  ['client unknown', { client: null }, 'client/blocked'],
  ['client blocked', { client: { state: 'blocked' } }, 'client/blocked'],
  ['grant not registered', { client: { grantTypes: [] } }, 'client/grant-not-registered'],
  ['person unknown', { person: null }, 'subject-token/user-unknown'],
  ['person disabled', { person: { state: 'disabled' } }, 'subject-token/user-inactive'],
  ['person revoked', { person: { revokedBefore: 999_000_000 } }, 'subject-token/user-revoked'],
  ['everybody revoked', { tenant: { revokedBefore: 999_000_000 } }, 'subject-token/user-revoked'],
  ['session unknown', { session: null }, 'subject-token/session-unknown'],
  ['session of another person', { session: { userId: 'usr_2' } }, 'subject-token/session-unknown'],
  ['session of another client', { session: { clientId: 'bot' } }, 'subject-token/session-unknown'],
  ['session ended', { session: { endedAt: 1 } }, 'subject-token/session-ended'],
  ['session past its end', { session: { expiresAt: nowMs } }, 'subject-token/session-ended'],
];

for (const grantType of ['authorization_code', 'refresh_token', 'token-exchange']) {
  test(`${grantType} × nothing wrong`, () => expect(refusal({}, grantType)).toBe('permitted'));
  for (const [name, over, code] of restrictions) {
    verifies(
      ['LES-19', 'LES-20', 'TEX-09', 'TEX-04', 'LES-21', 'SSO-10', 'REV-13', 'ATK-41', 'ATK-42', 'ATK-48'],
      `${grantType} × ${name}`,
      () => expect(refusal(over, grantType)).toBe(code),
    );
  }
}

test('a session that was renewed since does not make an older credential fresh', () => {
  expect(refusal({ session: { authTime: 999_500 }, person: { revokedBefore: 999_200_000 } }, 'token-exchange')).toBe(
    'subject-token/user-revoked',
  );
});
