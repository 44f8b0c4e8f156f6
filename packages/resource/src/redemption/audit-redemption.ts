import type { AuditEntry } from '@crossgrant/platform';
import { formatScope, type JsonObject, type Refusal, refusalEntry } from '@crossgrant/protocol';
import type { PreparedToken } from './build-token.ts';
import type { Received, Redeemable } from './context.ts';

/** Whatever had been established when the decision fell. */
export type KnownSoFar = Received & Partial<Omit<Redeemable, keyof Received>>;

/** The row of a redemption that went through. Names and instants only, never a token. */
export function allowedEntry(id: string, scope: string, known: Redeemable, token: PreparedToken): AuditEntry {
  return {
    ...commonEntry(id, scope, known),
    outcome: 'allow',
    resource: token.row.audience,
    scopesGranted: token.row.scope,
    facts: factsOf(known, {
      tokenId: token.row.tokenId,
      accountBy: known.resolution.how,
      expiresAt: token.row.expiresAt,
    }),
  };
}

/** The exact reason of a refusal stands here and nowhere else. */
export function refusedEntry(id: string, scope: string, known: KnownSoFar, refusal: Refusal): AuditEntry {
  return {
    ...commonEntry(id, scope, known),
    outcome: outcomeOf(refusal),
    code: refusal.code,
    ruleIds: refusalEntry(refusal.code).rules,
    resource: known.resource?.identifier ?? known.form?.get('resource'),
    facts: factsOf(known, refusal.detail === undefined ? {} : { detail: asJson(refusal.detail) }), // SUB-04
  };
}

function outcomeOf(refusal: Refusal): AuditEntry['outcome'] {
  if (refusal.code === 'assertion/sign-on') return 'step_up'; // STP-06
  return refusalEntry(refusal.code).error === 'access_denied' ? 'deny' : 'refused';
}

function commonEntry(id: string, scope: string, known: KnownSoFar): Omit<AuditEntry, 'outcome'> {
  return {
    id,
    scope,
    at: known.now,
    kind: 'redemption',
    client: known.client?.clientId,
    jti: known.claims?.jti,
    scopesRequested:
      known.scopesRequested === undefined ? known.form?.get('scope') : formatScope(known.scopesRequested),
    personal: personOf(known),
  };
}

/** Claims appear only once the signature stands; what a stranger wrote names nobody. */
function factsOf(known: KnownSoFar, more: JsonObject): JsonObject {
  const { claims } = known;
  if (claims === undefined) return { issuer: known.trusted?.issuer ?? null, ...more };
  return {
    issuer: claims.issuer,
    tenant: claims.tenant ?? null,
    customer: known.customerId ?? null,
    scopesClaimed: claims.payload.scope ?? null,
    resourcesClaimed: claims.payload.resource ?? null,
    authTime: claims.authTime ?? null,
    acr: claims.acr ?? null,
    amr: claims.amr ?? null,
    actor: known.actor ?? null,
    provenKey: known.proof?.jkt ?? null,
    ...more,
  };
}

function personOf(known: KnownSoFar): AuditEntry['personal'] {
  const address = known.request.remoteAddress;
  const person = known.account?.accountId ?? known.resolution?.account.accountId ?? known.claims?.subject;
  return { person: person ?? 'unknown', address: address === '' ? undefined : address };
}

function asJson(value: unknown): JsonObject[string] {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as JsonObject[string]);
}
