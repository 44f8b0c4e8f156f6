import type { AuditEntry } from '@crossgrant/platform';
import { formatScope, type JsonObject, type JsonValue, type Refusal, refusalCatalogue } from '@crossgrant/protocol';
import type { ExchangeStart } from './exchange-start.ts';
import type { ExchangeState } from './steps.ts';

/** What an evaluation found, all of it or as far as it came. */
export type Found = ExchangeStart & Partial<ExchangeState>;

/**
 * The audit row of one exchange. It holds everything a replay of the decision needs, and never a token. What identifies
 * the person goes into the erasable part.
 */
export function exchangeAudit(tenantId: string, found: Found, refusal: Refusal | undefined): AuditEntry {
  const { request, client, permit, decision, allowed, signed } = found;
  return {
    id: found.id,
    scope: tenantId,
    at: found.nowMs,
    kind: 'exchange',
    outcome: refusal === undefined ? 'allow' : outcomeOf(refusal, decision !== undefined),
    code: refusal?.code,
    client: client?.clientId, // ADM-04
    audience: found.resourceApp?.issuer ?? request?.audience, // ADM-04
    resource: (allowed?.resources ?? request?.resources)?.join(' '), // ADM-04
    scopesRequested: request?.scope && formatScope(request.scope), // ADM-04
    scopesGranted: allowed && formatScope(allowed.scopes), // ADM-04
    ruleIds: decision?.ruleIds, // ADM-04
    jti: signed?.jti, // ADM-04
    facts: factsOf(found, refusal),
    personal: {
      person: permit?.person.id ?? found.token?.userId ?? '',
      username: permit?.person.username,
      email: permit?.person.email,
      address: permit?.session.address,
    }, // ADM-04
  };
}

function outcomeOf(refusal: Refusal, isDecided: boolean): AuditEntry['outcome'] {
  if (refusal.code === 'policy/step-up') {
    return 'step_up';
  }
  return isDecided || refusalCatalogue[refusal.code].error === 'access_denied' ? 'deny' : 'refused';
}

function factsOf(found: Found, refusal: Refusal | undefined): JsonObject {
  const { facts, decision, live, permit } = found;
  const known: { [name: string]: unknown } = {
    issuer: live.tenant.issuer,
    policyVersion: live.epoch,
    callerAddress: found.callerAddress,
    detail: refusal?.detail,
    subject: found.token?.kind ?? found.request?.subjectTokenType.split(':').at(-1),
    groups: facts?.groups,
    acr: facts?.acr,
    amr: facts?.amr,
    authTime: facts?.authTime,
    sid: permit?.session.sid,
    provenKey: found.proof?.jkt,
    resources: facts?.resources,
    connection: decision?.connectionId,
    reasons: decision?.reasons,
    resourceReasons: decision?.resourceReasons,
  };
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}
