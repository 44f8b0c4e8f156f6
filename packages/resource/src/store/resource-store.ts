import type { AuditEntry, CommitOutcome, ProofUse, UsedProof } from '@crossgrant/platform';
import type { JsonObject } from '@crossgrant/protocol';

/**
 * What a resource authorization server remembers. Memory, SQLite and PostgreSQL pass one contract suite.
 *
 * Instants are milliseconds since the epoch. Everything that takes rights away raises the epoch in the same transaction.
 */
export interface ResourceStore {
  /** The present state of everything a directory or an account look-up may have been made from. */
  readEpoch(): Promise<number>;
  /** Tells in-process listeners of a raised epoch, as early as the engine allows. */
  onChange(listener: () => void): () => void;

  findLink(key: AccountLinkKey): Promise<AccountLink | undefined>;
  findAccount(customerId: string, accountId: string): Promise<Account | undefined>;
  /** Accounts of one customer that hold this canonical address, verified. */
  findAccountsByVerifiedEmail(customerId: string, email: string): Promise<readonly Account[]>;
  /** Stores the account unless the link exists already; answers the account the link leads to afterwards. */
  createLinkedAccount(account: NewAccount, key: AccountLinkKey): Promise<Account>;
  /** `audit` is written with a new link. `taken`: the account already belongs to another subject of this issuer and tenant. */
  linkAccount(key: AccountLinkKey, accountId: string, at: number, audit?: AuditEntry): Promise<'linked' | 'taken'>;

  /** Creates the account, or changes what this declaration states otherwise than the one before it. */
  declareAccount(account: AccountDeclaration): Promise<void>;
  /** Stores a canonical address. One that was verified stays so. */
  addEmail(email: AccountEmail): Promise<void>;
  changeAccount(change: AccountChange): Promise<boolean>;
  deactivateLink(key: AccountLinkKey, audit: AuditEntry): Promise<boolean>;

  commitRedemption(request: RedemptionCommit): Promise<CommitOutcome>;
  findIssuedToken(tokenId: string): Promise<IssuedToken | undefined>;
  /** The opaque token whose text has this hash. */
  findOpaqueToken(textHash: string): Promise<IssuedToken | undefined>;
  /** Ends one token of one client; false when there is nothing left to end. */
  revokeIssuedToken(tokenId: string, clientId: string, at: number, audit: AuditEntry): Promise<boolean>;
  /** A row for what was refused; it states no outcome that anything else depends on. */
  appendAudit(entry: AuditEntry): Promise<void>;
  /**
   * Uses proofs up for a request that is not committed as a redemption, with the row that tells of it. Where one was used
   * before, nothing is written but that one's own row.
   */
  commitProofs(proofs: readonly ProofUse[], audit: AuditEntry): Promise<'committed' | UsedProof>;
  /** For resource servers that share the store: true for the first use of a proof of possession, wherever it was. */
  useProof(key: string, keepUntil: number): Promise<boolean>;
  close(): Promise<void>;
}

/** The only key of a person: never `sub` alone, never an e-mail address. `tenant` is empty for an issuer without tenants. */
export interface AccountLinkKey {
  readonly customerId: string;
  readonly issuer: string;
  readonly tenant: string;
  readonly subject: string;
}

export interface AccountLink extends AccountLinkKey {
  readonly accountId: string;
  readonly state: 'active' | 'deactivated';
}

export interface Account {
  readonly accountId: string;
  readonly customerId: string;
  readonly state: 'active' | 'disabled';
  /** Nothing authenticated at or before this instant counts. */
  readonly revokedBefore?: number;
  /** A ceiling for this person; absent: every scope. */
  readonly scopes?: readonly string[];
}

export interface NewAccount extends Account {
  readonly createdAt: number;
  /** The address an issuer asserted; shown, never matched. */
  readonly assertedEmail?: string;
}

export interface AccountEmail {
  readonly customerId: string;
  readonly accountId: string;
  readonly email: string;
  /** Whether it was proven here that the person reads what is sent there. */
  readonly verified: boolean;
  readonly at: number;
  /** Written with the address, where it is new or newly verified. */
  readonly audit?: AuditEntry;
}

export interface AccountDeclaration {
  readonly customerId: string;
  readonly accountId: string;
  readonly state?: 'active' | 'disabled';
  readonly scopes?: readonly string[];
  readonly at: number;
  /** Written with the change, where the declaration is one. */
  readonly audit?: AuditEntry;
}

export interface AccountChange {
  readonly customerId: string;
  readonly accountId: string;
  readonly state?: 'active' | 'disabled';
  /** Never moves back: an earlier instant than the stored one changes nothing. */
  readonly revokedBefore?: number;
  readonly scopes?: readonly string[] | 'every';
  readonly audit: AuditEntry;
}

/** One access token and the ID-JAG it came from, so that every revocation path finds it. */
export interface IssuedToken {
  readonly tokenId: string;
  /** Of the text of an opaque token; a signed one is found by its id. No two tokens share one. */
  readonly textHash?: string;
  readonly customerId: string;
  readonly accountId: string;
  readonly clientId: string;
  readonly audience: string;
  readonly scope: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly authTime?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly actor?: JsonObject;
  /** The thumbprint of the key that the token is bound to; absent: a bearer token. */
  readonly provenKey?: string;
  readonly grantIssuer: string;
  readonly grantTenant: string;
  readonly grantSubject: string;
  readonly grantJti: string;
  readonly revokedAt?: number;
}

export interface RedemptionCommit {
  /** The epoch of the directory the decision was made with. */
  readonly epoch: number;
  /** Absent only where the issuer's configuration allows an ID-JAG to be redeemed again. */
  readonly replay?: { readonly issuer: string; readonly jti: string; readonly keepUntil: number };
  readonly token: IssuedToken;
  readonly audit: AuditEntry;
  readonly auditWhenReplayed?: AuditEntry;
  /** Used up with the token; one that was used before decides the outcome before `replay` does. */
  readonly proofs?: readonly ProofUse[];
}
