import type { ClientApp, Person } from '@crossgrant/identity';
import type { PolicySnapshot } from '../domain/policy/compile.ts';
import type { ResourceApp } from '../domain/policy/model.ts';

export interface TenantState {
  readonly id: string;
  readonly issuer: string;
  readonly state: 'active' | 'disabled';
  readonly revokedBefore: number | undefined;
}

/**
 * Everything a decision reads, in memory, as it was at one revocation epoch of the tenant. What is based on it becomes
 * durable only if the epoch still stands.
 */
export interface LiveState {
  readonly epoch: number;
  readonly tenant: TenantState;
  /** By the client id at this IdP. */
  client(clientId: string): ClientApp | undefined;
  person(userId: string): Person | undefined;
  /** By issuer, alias or slash variant. */
  resourceApp(audience: string): ResourceApp | undefined;
  readonly policy: PolicySnapshot;
}

export interface LiveStateSource {
  current(): LiveState;
  /** Reads what changed; what it returns stands for an epoch no older than the call. */
  refresh(): Promise<LiveState>;
}
