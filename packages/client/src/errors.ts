import type { OAuthErrorBody } from './oauth-error.ts';

/** Where in the flow it happened. `call` is the request to the protected resource itself. */
export type Stage = 'sign_on' | 'discovery' | 'exchange' | 'redeem' | 'call';

const sentences = {
  address_refused: 'The address is not https, and not an http loopback address in development.',
  redirect_refused:
    'The server answered with a redirect, which is not followed where tokens or metadata are concerned.',
  response_too_large: 'The response is larger than the client accepts.',
  request_timeout: 'The server did not answer in time.',
  network_failed: 'The request did not reach the server.',
  server_fault: 'The server failed.',
  temporarily_unavailable: 'The server asks to come back later.',

  resource_metadata_unavailable: 'The resource publishes no protected resource metadata.',
  resource_metadata_invalid: 'The protected resource metadata is not valid.',
  resource_mismatch: 'The protected resource metadata speaks of another resource.',
  authorization_server_unknown: 'The client holds no credentials for any authorization server of this resource.',
  authorization_server_changed: 'The resource now names another authorization server than before.',
  metadata_unavailable: 'The authorization server publishes no metadata.',
  metadata_invalid: 'The authorization server metadata is not valid.',
  issuer_mismatch: 'The authorization server metadata belongs to another issuer.',
  id_jag_unsupported: 'The authorization server of the resource does not accept ID-JAGs.',

  session_unknown: 'There is no such session.',
  signed_out: 'The session ended while the request was under way.',
  sign_on_required: 'The identity assertion is no longer accepted: the person has to sign on again.',
  sign_on_failed: 'The sign-on did not succeed.',
  sign_on_not_begun: 'The sign-on was not begun in this browser, or too long ago.',
  sign_on_timeout: 'Nobody finished the sign-on in time.',
  authorization_response_refused: 'The authorization response does not belong to this sign-on.',
  id_token_invalid: 'The identity provider returned an ID token that is not valid.',
  account_switched: 'Another person signed on than the one the session belongs to.',
  logout_token_refused: 'The logout token is not one of the identity provider for this client.',
  token_store_failed: 'The session could not be stored or read.',
  browser_refused: 'The browser is opened for https and loopback http addresses only.',

  sign_on_not_improved: 'The person signed on again, and the new sign-on is neither fresher nor stronger than before.',
  step_up_required: 'The identity provider asks for a stronger or fresher sign-on.',
  access_denied: 'Access is not permitted. The administrator can allow it.',
  target_refused: 'The server knows no such target for this client. The administrator can connect them.',
  client_not_allowed: 'The client may not do this. The administrator can allow it.',
  client_misconfigured: 'The server does not accept the credentials of the client.',
  scope_refused: 'None of the requested scopes is permitted.',
  request_refused: 'The server refused the request.',
  exchange_response_invalid: 'The identity provider answered the exchange with something that is not an ID-JAG.',
  id_jag_mismatch: 'The ID-JAG is not the one that was asked for.',
  id_jag_refused: 'The authorization server of the resource refused the ID-JAG.',
  grant_refused: 'The authorization server refused the grant.',
  token_response_invalid:
    'The authorization server answered the redemption with something that is not an access token.',
  dpop_unsupported: 'The server does not take proofs made with the key of the client.',
  dpop_downgraded: 'The server answered with a token that is not bound to the key of the client.',
  resource_widened: 'A resource was granted that was not asked for.',

  token_rejected: 'The resource refused a fresh access token.',
  insufficient_scope: 'The resource asks for more scope than can be obtained.',
  foreign_origin: 'The address does not belong to the resource the token is for.',
  token_in_url: 'An access token never travels in an address.',
} as const;

export type CrossgrantErrorCode = keyof typeof sentences;

export interface CrossgrantErrorDetail {
  readonly message?: string;
  readonly oauth?: OAuthErrorBody;
  /** The raw response, or plain data about what was expected and found. Never a token. */
  readonly cause?: unknown;
}

/**
 * Everything the SDK reports about the outside world.
 *
 * `code` is stable, `stage` says where, `oauth` is the parsed OAuth error if there was one. `decisionId` and
 * `decisionUrl` lead to the explanation of a denial. `cause` holds the raw response.
 */
export class CrossgrantError<Code extends CrossgrantErrorCode = CrossgrantErrorCode> extends Error {
  readonly code: Code;
  readonly stage: Stage;
  readonly oauth: OAuthErrorBody | undefined;
  readonly decisionId: string | undefined;
  readonly decisionUrl: string | undefined;

  constructor(code: Code, stage: Stage, detail: CrossgrantErrorDetail = {}) {
    super(detail.message ?? sentences[code], { cause: detail.cause });
    this.name = 'CrossgrantError';
    this.code = code;
    this.stage = stage;
    this.oauth = detail.oauth;
    this.decisionId = detail.oauth?.decisionId;
    this.decisionUrl = detail.oauth?.decisionUrl;
  }
}

/** A stronger or fresher sign-on is needed. RFC 9470 §4, ID-JAG-04 §9.2. */
export class StepUpRequired extends CrossgrantError<'step_up_required'> {
  readonly acrValues: readonly string[] | undefined;
  readonly maxAge: number | undefined;

  constructor(stage: Stage, demand: StepUpDemand, detail: CrossgrantErrorDetail = {}) {
    super('step_up_required', stage, detail);
    this.name = 'StepUpRequired';
    this.acrValues = demand.acrValues;
    this.maxAge = demand.maxAge;
  }
}

export interface StepUpDemand {
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
}

/** The server said 429 or 503, and waiting within the bounds of the client did not help. */
export class TemporarilyUnavailable extends CrossgrantError<'temporarily_unavailable'> {
  readonly retryAfterSeconds: number | undefined;

  constructor(stage: Stage, retryAfterSeconds: number | undefined, detail: CrossgrantErrorDetail = {}) {
    super('temporarily_unavailable', stage, detail);
    this.name = 'TemporarilyUnavailable';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

type PlainCode = Exclude<CrossgrantErrorCode, 'step_up_required' | 'temporarily_unavailable'>;

/** The union to narrow by `code` in a `switch`. */
export type CrossgrantFailure =
  | StepUpRequired
  | TemporarilyUnavailable
  | { [Code in PlainCode]: CrossgrantError<Code> }[PlainCode];

export function isCrossgrantError(error: unknown): error is CrossgrantFailure {
  return error instanceof CrossgrantError;
}

/** A developer's mistake, thrown at once: the sentence says what to change. */
export class CrossgrantMisuse extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'CrossgrantMisuse';
    this.code = code;
  }
}
