import type { AuditEntry, CommitRequest } from '../src/index.ts';

let lastId = 0;

export function auditEntry(overrides: Partial<AuditEntry> = {}): AuditEntry {
  lastId += 1;
  return {
    id: `aud_${lastId}`,
    scope: 'ten_1',
    at: 1_790_000_000_000,
    kind: 'redemption',
    outcome: 'allow',
    ...overrides,
  };
}

export function commitRequest(keys: readonly string[], overrides: Partial<CommitRequest> = {}): CommitRequest {
  return {
    scope: 'ten_1',
    expectedEpoch: 0,
    singleUse: keys.map((key) => ({ kind: 'id-jag', scope: 'ten_1', key, keepUntil: 4_000_000_000_000 })),
    audit: auditEntry(),
    ...overrides,
  };
}

export function countOf(outcomes: readonly string[], outcome: string): number {
  return outcomes.filter((each) => each === outcome).length;
}
