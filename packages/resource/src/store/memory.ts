import type { AuditEntry, CommitOutcome, ProofUse } from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import { type DeclaredColumns, isDeclared, takeDeclaration } from './declaration.ts';
import { linkText, replayKey } from './keys.ts';
import type {
  Account,
  AccountChange,
  AccountDeclaration,
  AccountEmail,
  AccountLink,
  AccountLinkKey,
  IssuedToken,
  NewAccount,
  RedemptionCommit,
  ResourceStore,
} from './resource-store.ts';

export interface MemoryResourceStoreOptions {
  readonly clock?: Clock;
  /** Called for every audit row; without it the rows are dropped. */
  readonly onAudit?: (entry: AuditEntry) => void;
}

/**
 * A store for tests and for trying things out. Nothing survives a restart: an ID-JAG that was redeemed shortly before can
 * be redeemed once more after it, accounts made at first use get new ids, and a second process knows nothing of the first.
 * Use `./sqlite` or `./postgres` for anything that matters.
 */
export function createMemoryResourceStore(options: MemoryResourceStoreOptions = {}): ResourceStore {
  const clock = options.clock ?? Date.now;
  const memory: Memory = {
    epoch: 0,
    accounts: new Map(),
    declared: new Map(),
    links: new Map(),
    emails: new Map(),
    replays: new Map(),
    tokens: new Map(),
    opaque: new Map(),
    listeners: new Set(),
    record: options.onAudit ?? (() => undefined),
  };
  const forget = setOncePerMinute(clock, () => forgetExpired(memory, clock()));

  return {
    readEpoch: async () => memory.epoch,
    onChange: (listener) => {
      memory.listeners.add(listener);
      return () => memory.listeners.delete(listener);
    },
    findLink: async (key) => memory.links.get(linkText(key)),
    findAccount: async (customerId, accountId) => findAccount(memory, customerId, accountId),
    findAccountsByVerifiedEmail: async (customerId, email) => {
      const ids = [...(memory.emails.get(pair(customerId, email)) ?? [])];
      return ids.flatMap((id) => findAccount(memory, customerId, id) ?? []);
    },
    createLinkedAccount: async (account, key) => createLinkedAccount(memory, account, key),
    linkAccount: async (key, accountId, _at, audit) => linkAccount(memory, key, accountId, audit),
    declareAccount: async (account) => declareAccount(memory, account),
    addEmail: async (email) => addEmail(memory, email),
    changeAccount: async (change) => changeAccount(memory, change),
    deactivateLink: async (key, audit) => deactivateLink(memory, key, audit),
    commitRedemption: async (request) => {
      forget();
      return commitRedemption(memory, request);
    },
    findIssuedToken: async (tokenId) => memory.tokens.get(tokenId),
    findOpaqueToken: async (textHash) => memory.tokens.get(memory.opaque.get(textHash) ?? ''),
    revokeIssuedToken: async (tokenId, clientId, at, audit) => revokeToken(memory, tokenId, clientId, at, audit),
    appendAudit: async (entry) => memory.record(entry),
    commitProofs: async (proofs, audit) => {
      forget();
      const used = findUsed(memory, proofs);
      if (used === undefined) useUp(memory, proofs);
      memory.record(used?.audit ?? audit);
      return used?.outcome ?? 'committed';
    },
    useProof: async (key, keepUntil) => useProof(memory, key, keepUntil, clock()),
    close: async () => undefined,
  };
}

interface Memory {
  epoch: number;
  readonly accounts: Map<string, Account>;
  /** What was declared last about an account. */
  readonly declared: Map<string, Pick<DeclaredColumns, 'stated_state' | 'stated_scopes'>>;
  readonly links: Map<string, AccountLink>;
  /** Accounts by verified address; others are never looked for. */
  readonly emails: Map<string, Set<string>>;
  readonly replays: Map<string, number>;
  readonly tokens: Map<string, IssuedToken>;
  /** Ids of opaque tokens by the hash of their text. */
  readonly opaque: Map<string, string>;
  readonly listeners: Set<() => void>;
  readonly record: (entry: AuditEntry) => void;
}

/** No wait between look and write: one process, one thread. */
function useProof(memory: Memory, key: string, keepUntil: number, now: number): boolean {
  const name = pair('dpop-use', key);
  if ((memory.replays.get(name) ?? 0) > now) return false;
  memory.replays.set(name, keepUntil);
  return true;
}

function findAccount(memory: Memory, customerId: string, accountId: string): Account | undefined {
  return memory.accounts.get(pair(customerId, accountId));
}

function createLinkedAccount(memory: Memory, account: NewAccount, key: AccountLinkKey): Account {
  const existing = memory.links.get(linkText(key));
  if (existing !== undefined) return findAccount(memory, existing.customerId, existing.accountId) ?? account;

  const { accountId, customerId, state, revokedBefore, scopes } = account;
  memory.accounts.set(pair(customerId, accountId), { accountId, customerId, state, revokedBefore, scopes });
  memory.links.set(linkText(key), { ...key, accountId: account.accountId, state: 'active' });
  return account;
}

function addEmail(memory: Memory, { customerId, accountId, email, verified, audit }: AccountEmail): void {
  const key = pair(customerId, email);
  const known = memory.emails.get(key);
  if (!verified || known?.has(accountId)) return;
  memory.emails.set(key, new Set([...(known ?? []), accountId]));
  if (audit !== undefined) memory.record(audit);
}

function linkAccount(memory: Memory, key: AccountLinkKey, accountId: string, audit?: AuditEntry): 'linked' | 'taken' {
  const existing = memory.links.get(linkText(key));
  if (existing !== undefined) return existing.accountId === accountId ? 'linked' : 'taken';

  for (const link of memory.links.values()) {
    if (link.accountId === accountId && sameIssuerAndTenant(link, key)) return 'taken';
  }
  memory.links.set(linkText(key), { ...key, accountId, state: 'active' });
  if (audit !== undefined) memory.record(audit);
  return 'linked';
}

function declareAccount(memory: Memory, declared: AccountDeclaration): void {
  const { customerId, accountId } = declared;
  const key = pair(customerId, accountId);
  const known = findAccount(memory, customerId, accountId);
  const row = known === undefined ? undefined : { ...columnsOf(known), ...memory.declared.get(key) };
  if (isDeclared(row, declared)) return;

  const next = takeDeclaration(row, declared);
  const scopes = next.scopes === null ? undefined : (JSON.parse(next.scopes) as string[]);
  memory.accounts.set(key, { accountId, customerId, state: next.state, revokedBefore: known?.revokedBefore, scopes });
  memory.declared.set(key, { stated_state: next.stated_state, stated_scopes: next.stated_scopes });
  raiseEpoch(memory, declared.audit);
}

function columnsOf({ state, scopes }: Account): DeclaredColumns {
  const text = scopes === undefined ? null : JSON.stringify(scopes);
  return { state, scopes: text, stated_state: null, stated_scopes: null };
}

function changeAccount(memory: Memory, change: AccountChange): boolean {
  const account = findAccount(memory, change.customerId, change.accountId);
  if (account === undefined) return false;

  memory.accounts.set(pair(change.customerId, change.accountId), {
    ...account,
    state: change.state ?? account.state,
    revokedBefore: later(account.revokedBefore, change.revokedBefore),
    scopes: change.scopes === undefined ? account.scopes : change.scopes === 'every' ? undefined : change.scopes,
  });
  raiseEpoch(memory, change.audit);
  return true;
}

function deactivateLink(memory: Memory, key: AccountLinkKey, audit: AuditEntry): boolean {
  const link = memory.links.get(linkText(key));
  if (link === undefined) return false;
  memory.links.set(linkText(key), { ...link, state: 'deactivated' });
  raiseEpoch(memory, audit);
  return true;
}

function commitRedemption(memory: Memory, request: RedemptionCommit): CommitOutcome {
  if (request.epoch !== memory.epoch) return 'stale';

  const used = findUsed(memory, request.proofs);
  if (used !== undefined) {
    memory.record(used.audit);
    return used.outcome;
  }
  const replay = request.replay === undefined ? undefined : replayKey(request.replay.issuer, request.replay.jti);
  if (replay !== undefined && memory.replays.has(replay)) {
    if (request.auditWhenReplayed !== undefined) memory.record(request.auditWhenReplayed);
    return 'replayed';
  }
  if (replay !== undefined && request.replay !== undefined) memory.replays.set(replay, request.replay.keepUntil);
  useUp(memory, request.proofs);
  memory.tokens.set(request.token.tokenId, request.token);
  if (request.token.textHash !== undefined) memory.opaque.set(request.token.textHash, request.token.tokenId);
  memory.record(request.audit);
  return 'committed';
}

/** The first proof that was used before. */
function findUsed(memory: Memory, proofs: readonly ProofUse[] = []): ProofUse['whenUsed'] | undefined {
  return proofs.find((use) => memory.replays.has(proofName(use)))?.whenUsed; // CAU-03
}

function useUp(memory: Memory, proofs: readonly ProofUse[] = []): void {
  for (const use of proofs) memory.replays.set(proofName(use), use.keepUntil);
}

function proofName({ kind, key }: ProofUse): string {
  return JSON.stringify([kind, key]);
}

function revokeToken(memory: Memory, tokenId: string, clientId: string, at: number, audit: AuditEntry): boolean {
  const token = memory.tokens.get(tokenId);
  if (token === undefined || token.clientId !== clientId || token.revokedAt !== undefined) return false;
  memory.tokens.set(tokenId, { ...token, revokedAt: at });
  memory.record(audit);
  return true;
}

function raiseEpoch(memory: Memory, audit: AuditEntry | undefined): void {
  memory.epoch += 1;
  if (audit !== undefined) memory.record(audit);
  for (const listener of memory.listeners) listener();
}

function forgetExpired(memory: Memory, now: number): void {
  for (const [key, keepUntil] of memory.replays) if (keepUntil < now) memory.replays.delete(key);
  for (const [key, token] of memory.tokens) if (token.expiresAt < now) memory.tokens.delete(key);
  for (const [hash, tokenId] of memory.opaque) if (!memory.tokens.has(tokenId)) memory.opaque.delete(hash);
}

function setOncePerMinute(clock: Clock, run: () => void): () => void {
  let next = clock() + 60_000;
  return () => {
    if (clock() < next) return;
    next = clock() + 60_000;
    run();
  };
}

function sameIssuerAndTenant(first: AccountLinkKey, second: AccountLinkKey): boolean {
  return first.customerId === second.customerId && first.issuer === second.issuer && first.tenant === second.tenant;
}

function later(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined ? second : second === undefined ? first : Math.max(first, second);
}

function pair(first: string, second: string): string {
  return JSON.stringify([first, second]);
}
