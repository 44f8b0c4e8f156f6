import { type CoreSchema, changeScope, type Database, type LookUp, readEpoch } from '@crossgrant/platform';
import { type Clock, newJti } from '@crossgrant/protocol';
import type { Kysely } from 'kysely';
import { replayKey } from './keys.ts';
import type { RedemptionCommit, ResourceStore } from './resource-store.ts';
import { accountFromRow, linkFromRow, rowFromToken, tokenFromRow } from './rows.ts';
import type { AccountLinkRow, AccountRow, ResourceSchema } from './schema.ts';
import {
  addEmail,
  changeAccount,
  createLinkedAccount,
  deactivateLink,
  declareAccount,
  linkAccount,
} from './sql-accounts.ts';
import { startTokenSweep } from './sweep-tokens.ts';

/** The replay records of ID-JAGs, apart from every other thing that may be used once. */
export const idJagKind = 'id-jag';

/** Proofs at resource servers, apart from those at the token endpoint: a `jti` counts once per address. */
const proofAtResourceKind = 'dpop-use';

/**
 * The resource store over SQLite or PostgreSQL. `scope` names the authorization server in a database that several share;
 * its revocation epoch is the one that redemptions are held against.
 */
export function createSqlResourceStore(
  database: Database<ResourceSchema>,
  scope: string,
  clock: Clock = Date.now,
): ResourceStore {
  const { kysely, commits } = database;
  const links = linkLookUp(database);
  const accounts = accountLookUp(database);
  const stopSweeping = startTokenSweep(kysely as unknown as Kysely<ResourceSchema>, clock);

  return {
    readEpoch: () => readEpoch(database, scope),
    onChange: (listener) => database.onChange((changed) => (changed === scope ? listener() : undefined)),
    async findLink({ customerId, issuer, tenant, subject }) {
      const row = await links(customerId, issuer, tenant, subject);
      return row === undefined ? undefined : linkFromRow(row);
    },
    async findAccount(customerId, accountId) {
      const row = await accounts(customerId, accountId);
      return row === undefined ? undefined : accountFromRow(row);
    },
    async findAccountsByVerifiedEmail(customerId, email) {
      const rows = await kysely
        .selectFrom('account_emails')
        .innerJoin('accounts', (join) =>
          join
            .onRef('accounts.customer_id', '=', 'account_emails.customer_id')
            .onRef('accounts.account_id', '=', 'account_emails.account_id'),
        )
        .selectAll('accounts')
        .where('account_emails.customer_id', '=', customerId)
        .where('account_emails.email', '=', email)
        .where('account_emails.verified', '=', 1) // LES-51
        .limit(2)
        .execute();
      return rows.map(accountFromRow);
    },
    createLinkedAccount: (account, key) => createLinkedAccount(database, `${scope}.accounts`, account, key),
    linkAccount: (key, accountId, at, audit) => linkAccount(database, `${scope}.accounts`, key, accountId, at, audit),
    declareAccount: (account) => declareAccount(database, scope, account),
    addEmail: (email) => addEmail(database, `${scope}.accounts`, email),
    changeAccount: (change) => changeAccount(database, scope, change),
    deactivateLink: (key, audit) => deactivateLink(database, scope, key, audit),
    commitRedemption: (request) => commits.commit(commitRequest(request, scope)),
    async findIssuedToken(tokenId) {
      const row = await kysely
        .selectFrom('issued_tokens')
        .selectAll()
        .where('token_id', '=', tokenId)
        .executeTakeFirst();
      return row === undefined ? undefined : tokenFromRow(row);
    },
    async findOpaqueToken(textHash) {
      const row = await kysely
        .selectFrom('issued_tokens')
        .selectAll()
        .where('text_hash', '=', textHash)
        .executeTakeFirst();
      return row === undefined ? undefined : tokenFromRow(row);
    },
    revokeIssuedToken: (tokenId, clientId, at, audit) =>
      changeScope(database, `${scope}.tokens`, async (trx, _epoch, record) => {
        const result = await trx
          .updateTable('issued_tokens')
          .set({ revoked_at: at })
          .where('token_id', '=', tokenId)
          .where('client_id', '=', clientId)
          .where('revoked_at', 'is', null)
          .executeTakeFirst();
        const isEnded = Number(result.numUpdatedRows) === 1;
        if (isEnded) record(audit);
        return isEnded;
      }),
    appendAudit: (entry) => commits.audit(entry),
    async commitProofs(proofs, audit) {
      const singleUse = proofs.map((use) => ({ ...use, scope }));
      const outcome = await commits.commit({ scope, expectedEpoch: null, singleUse, audit });
      return outcome === 'assertion-used' || outcome === 'proof-used' ? outcome : 'committed';
    },
    useProof: (key, keepUntil) => useProof(kysely as unknown as Kysely<CoreSchema>, scope, key, keepUntil),
    close() {
      stopSweeping();
      return database.close();
    },
  };
}

/** By customer, issuer, tenant and subject. */
function linkLookUp({ kysely, lookUp }: Database<ResourceSchema>): LookUp<AccountLinkRow> {
  return lookUp<AccountLinkRow>(
    kysely
      .selectFrom('account_links')
      .selectAll()
      .where('customer_id', '=', 'customer')
      .where('issuer', '=', 'issuer')
      .where('tenant', '=', 'tenant')
      .where('subject', '=', 'subject'),
  );
}

/** By customer and account id. */
function accountLookUp({ kysely, lookUp }: Database<ResourceSchema>): LookUp<AccountRow> {
  return lookUp<AccountRow>(
    kysely.selectFrom('accounts').selectAll().where('customer_id', '=', 'customer').where('account_id', '=', 'account'),
  );
}

/** One conditional statement: the row is written or it stands there already. RFC 9449 §11.1. */
async function useProof(kysely: Kysely<CoreSchema>, scope: string, key: string, keepUntil: number): Promise<boolean> {
  const written = await kysely
    .insertInto('single_use')
    .values({ kind: proofAtResourceKind, scope, key, attempt_id: newJti(), keep_until: keepUntil })
    .onConflict((conflict) => conflict.columns(['kind', 'scope', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst();
  return written !== undefined; // RSV-03, ATK-35
}

function commitRequest(
  request: RedemptionCommit,
  scope: string,
): Parameters<Database<ResourceSchema>['commits']['commit']>[0] {
  const { replay } = request;
  return {
    scope,
    expectedEpoch: request.epoch,
    singleUse: [
      ...(replay === undefined
        ? []
        : [{ kind: idJagKind, scope, key: replayKey(replay.issuer, replay.jti), keepUntil: replay.keepUntil }]),
      ...(request.proofs ?? []).map((use) => ({ ...use, scope })),
    ],
    inserts: [{ table: 'issued_tokens', row: rowFromToken(request.token) }],
    audit: request.audit,
    auditWhenReplayed: request.auditWhenReplayed,
  };
}
