import { ok, type RefusalCode, type Result, refuse } from '@crossgrant/protocol';
import type { Allowed, Decision, DenyCause, StepUp } from '../domain/policy/decision.ts';

const codes: Readonly<Record<DenyCause, RefusalCode>> = {
  unknown_client: 'exchange/no-connection',
  client_blocked: 'policy/denied',
  no_connection: 'exchange/no-connection',
  resource_app_disabled: 'policy/connection-inactive',
  connection_blocked: 'policy/connection-inactive',
  connection_expired: 'policy/connection-inactive',
  foreign_resource: 'exchange/resource-not-of-audience', // TEX-14
  no_resource: 'policy/no-resource', // TEX-18
  denied_by_rule: 'policy/denied', // TEX-16
  no_rule_allows: 'policy/denied', // TEX-16
  no_scope: 'policy/no-scope', // TEX-18
};

/** What a decision means on the wire. The reasons go to the audit log alone. */
export function permitted(decision: Decision, hasNamedResource: boolean): Result<Allowed> {
  if (decision.outcome === 'allow') {
    return ok(decision);
  }
  if (decision.outcome === 'pending') {
    return refuse('policy/pending');
  }
  if (decision.outcome === 'step_up') {
    return refuse('policy/step-up', undefined, stepUpMembers(decision.need)); // TEX-25, STP-01
  }
  if (decision.because === 'no_resource' && !hasNamedResource) return refuse('exchange/resource-ambiguous'); // TEX-15
  return refuse(codes[decision.because], { because: decision.because });
}

function stepUpMembers({ acrValues, maxAge }: StepUp): { acr_values?: string; max_age?: number } {
  return { ...(acrValues && { acr_values: acrValues.join(' ') }), ...(maxAge !== undefined && { max_age: maxAge }) };
}
