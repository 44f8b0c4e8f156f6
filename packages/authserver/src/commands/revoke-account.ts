import type { AuditEntry } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import type { AccountChange } from '@crossgrant/resource';
import type { Act, CommandDeps, Done } from './change-state.ts';

export interface AccountName {
  readonly customerId: string;
  readonly accountId: string;
}

/** The person's tokens end, and nothing is redeemed until somebody enables the account and the person signs on anew. */
export function disableAccount(deps: CommandDeps, account: AccountName, act: Act): Promise<Done> {
  const change = {
    state: 'disabled',
    revokedBefore: watermark(deps.clock()), // REV-12
  } as const;
  return changeAccount(deps, account, change, 'account/disabled', act);
}

export function enableAccount(deps: CommandDeps, account: AccountName, act: Act): Promise<Done> {
  return changeAccount(deps, account, { state: 'active' }, 'account/enabled', act);
}

/** Ends everything the person holds; a sign-on after this instant starts anew. */
export function revokeAccount(deps: CommandDeps, account: AccountName, act: Act): Promise<Done> {
  const change = {
    revokedBefore: watermark(deps.clock()), // REV-12
  };
  return changeAccount(deps, account, change, 'account/revoked', act);
}

/** Rounded up to a second: `auth_time` has no finer grain, and what happened in the same second does not count. */
function watermark(now: number): number {
  return Math.ceil(now / 1000) * 1000;
}

async function changeAccount(
  deps: CommandDeps,
  { customerId, accountId }: AccountName,
  change: Pick<AccountChange, 'state' | 'revokedBefore'>,
  code: string,
  act: Act,
): Promise<Done> {
  const at = deps.clock();
  const id = newId('aud', at);
  const facts = { customer: customerId, account: accountId, reason: act.reason ?? null };
  const audit: AuditEntry = {
    id,
    scope: deps.scope,
    at,
    kind: 'change',
    outcome: 'done',
    code,
    facts,
    personal: { person: act.actor },
  };
  return { id, isKnown: await deps.store.changeAccount({ customerId, accountId, ...change, audit }) };
}
