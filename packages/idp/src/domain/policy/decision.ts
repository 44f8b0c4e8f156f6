/** Why one scope was granted or not. */
export type ScopeCause =
  | 'allowed_by_rule'
  | 'denied_by_rule'
  | 'no_rule_allows'
  | 'outside_ceiling'
  | 'unknown_scope'
  | 'scope_changed'
  | 'sign_on_too_weak'
  | 'stronger_sign_on_needed';

export interface ScopeReason {
  readonly scope: string;
  readonly verdict: 'granted' | 'denied' | 'step_up';
  readonly because: ScopeCause;
  /** The resource that decided, when it was not the same everywhere. */
  readonly resource?: string;
  readonly ruleIds: readonly string[];
}

/** Why one requested resource was left out. */
export interface ResourceReason {
  readonly resource: string;
  readonly because: 'outside_connection' | 'no_scope_left';
}

/** Why a request as a whole got nothing. */
export type DenyCause =
  | 'unknown_client'
  | 'client_blocked'
  | 'no_connection'
  | 'resource_app_disabled'
  | 'connection_blocked'
  | 'connection_expired'
  | 'foreign_resource'
  | 'no_resource'
  | 'denied_by_rule'
  | 'no_rule_allows'
  | 'no_scope';

interface Reasoned {
  readonly connectionId?: string;
  readonly reasons: readonly ScopeReason[];
  readonly resourceReasons: readonly ResourceReason[];
  /** Every rule that decided something, sorted. */
  readonly ruleIds: readonly string[];
}

export interface Allowed extends Reasoned {
  readonly outcome: 'allow';
  readonly connectionId: string;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly lifetimeSeconds: number;
}

/** What a sign-on must reach for the request to succeed. At least one member is present. */
export interface StepUp {
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
}

export interface StepUpNeeded extends Reasoned {
  readonly outcome: 'step_up';
  readonly need: StepUp;
}

export interface Pending extends Reasoned {
  readonly outcome: 'pending';
}

export interface Denied extends Reasoned {
  readonly outcome: 'deny';
  readonly because: DenyCause;
}

export type Decision = Allowed | StepUpNeeded | Pending | Denied;
