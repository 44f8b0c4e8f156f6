import { acceptance, buildAccessTokenClaims, newId, typs } from '@crossgrant/protocol';
import { signJws } from '@crossgrant/protocol/jws';
import type { IssuedToken, RedemptionCommit } from '../store/resource-store.ts';
import type { Redeemable, RedemptionContext } from './context.ts';
import { newOpaqueToken, opaqueTokenHash } from './opaque-token.ts';

/** An access token and the row that makes it exist. Without the row the text is worth nothing to anybody. */
export interface PreparedToken {
  readonly text: string;
  readonly row: IssuedToken;
  readonly replay: RedemptionCommit['replay'];
}

/**
 * Builds the access token for the account here, not for the subject at the IdP, and the linkage that revocation needs.
 *
 * RFC 9068 §2.2, RFC 9470 §6.
 */
export function prepareToken(known: Redeemable, context: RedemptionContext): PreparedToken {
  const { account, claims, client, lifetimeSeconds, nowSeconds, resource, scope } = known;
  const tokenId = newId('tok', known.now);
  const payload = buildAccessTokenClaims({
    issuer: context.issuer,
    subject: account.accountId,
    resource: resource.identifier,
    clientId: client.clientId,
    jti: tokenId,
    issuedAt: nowSeconds,
    lifetimeSeconds,
    scope,
    customer: known.customerId,
    authTime: claims.authTime, // RED-30, STP-05
    acr: claims.acr, // RED-30, STP-05
    amr: claims.amr, // RED-30, STP-05
    act: known.actor, // ACT-03
    provenKey: known.proof?.jkt, // DPO-03, DPO-05, DPO-09
  });
  const isOpaque = resource.accessTokens === 'opaque';
  const text = isOpaque ? newOpaqueToken() : signJws(context.signingKey(), typs.accessToken, payload);
  return {
    text,
    row: {
      tokenId,
      textHash: isOpaque ? opaqueTokenHash(text) : undefined,
      customerId: known.customerId,
      accountId: account.accountId,
      clientId: client.clientId,
      audience: resource.identifier,
      scope: payload.scope ?? '',
      issuedAt: nowSeconds * 1000,
      expiresAt: payload.exp * 1000,
      authTime: claims.authTime,
      acr: claims.acr,
      amr: claims.amr,
      actor: known.actor,
      provenKey: known.proof?.jkt, // DPO-09
      grantIssuer: claims.issuer,
      grantTenant: known.tenant,
      grantSubject: claims.subject,
      grantJti: claims.jti,
    },
    replay: replayRecord(known),
  };
}

/**
 * What makes the assertion single use. The record lives as long as the assertion could be accepted: both come from one
 * function. A configuration switch of the issuer allows the same client to redeem it again until it expires.
 *
 * ID-JAG-04 §4.4.4, RFC 7523 §3 (7).
 */
function replayRecord({ claims, trusted }: Redeemable): RedemptionCommit['replay'] {
  if (trusted.reuse === 'allow') return undefined;
  const { keepUntil } = acceptance(claims.expiresAt, trusted.skewSeconds);
  return { issuer: claims.issuer, jti: claims.jti, keepUntil: keepUntil * 1000 };
}
