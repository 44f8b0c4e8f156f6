import type { JsonObject } from '@crossgrant/protocol';
import type { Account, AccountLink, IssuedToken } from './resource-store.ts';
import type { AccountLinkRow, AccountRow, IssuedTokenRow } from './schema.ts';

export function accountFromRow(row: AccountRow): Account {
  return {
    accountId: row.account_id,
    customerId: row.customer_id,
    state: row.state === 'active' ? 'active' : 'disabled',
    revokedBefore: row.revoked_before ?? undefined,
    scopes: row.scopes === null ? undefined : (JSON.parse(row.scopes) as string[]),
  };
}

export function linkFromRow(row: AccountLinkRow): AccountLink {
  return {
    customerId: row.customer_id,
    issuer: row.issuer,
    tenant: row.tenant,
    subject: row.subject,
    accountId: row.account_id,
    state: row.state === 'active' ? 'active' : 'deactivated',
  };
}

export function tokenFromRow(row: IssuedTokenRow): IssuedToken {
  return {
    tokenId: row.token_id,
    textHash: row.text_hash ?? undefined,
    customerId: row.customer_id,
    accountId: row.account_id,
    clientId: row.client_id,
    audience: row.audience,
    scope: row.scope,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    authTime: row.auth_time ?? undefined,
    acr: row.acr ?? undefined,
    amr: row.amr === null ? undefined : (JSON.parse(row.amr) as string[]),
    actor: row.actor === null ? undefined : (JSON.parse(row.actor) as JsonObject),
    provenKey: row.jkt ?? undefined,
    grantIssuer: row.grant_issuer,
    grantTenant: row.grant_tenant,
    grantSubject: row.grant_subject,
    grantJti: row.grant_jti,
    revokedAt: row.revoked_at ?? undefined,
  };
}

export function rowFromToken(token: IssuedToken): Readonly<Record<keyof IssuedTokenRow, string | number | null>> {
  return {
    token_id: token.tokenId,
    text_hash: token.textHash ?? null,
    customer_id: token.customerId,
    account_id: token.accountId,
    client_id: token.clientId,
    audience: token.audience,
    scope: token.scope,
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
    auth_time: token.authTime ?? null,
    acr: token.acr ?? null,
    amr: token.amr === undefined ? null : JSON.stringify(token.amr),
    actor: token.actor === undefined ? null : JSON.stringify(token.actor),
    jkt: token.provenKey ?? null,
    grant_issuer: token.grantIssuer,
    grant_tenant: token.grantTenant,
    grant_subject: token.grantSubject,
    grant_jti: token.grantJti,
    revoked_at: token.revokedAt ?? null,
  };
}
