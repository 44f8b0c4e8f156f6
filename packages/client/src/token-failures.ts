import {
  CrossgrantError,
  type CrossgrantErrorCode,
  type Stage,
  StepUpRequired,
  TemporarilyUnavailable,
} from './errors.ts';
import type { OAuthErrorBody } from './oauth-error.ts';
import { isBusy, retryAfterSeconds } from './patience.ts';
import { causeOf, type TokenAnswer } from './token-endpoint.ts';

/**
 * The error table of the client for the identity provider, and for the resource authorization server, row by row.
 *
 * None of the rows leads to a browser flow at the resource authorization server: in a managed deployment a server must
 * not be able to turn a "no" into a consent screen.
 *
 * MCP-EMA §4, §5; RFC 6749 §5.2; RFC 8693 §2.2.2; RFC 9470 §3.
 */
const exchangeTable: Readonly<Record<string, CrossgrantErrorCode>> = {
  invalid_grant: 'sign_on_required', // CLI-07
  access_denied: 'access_denied', // CLI-07
  invalid_target: 'target_refused', // CLI-07
  unauthorized_client: 'client_not_allowed', // CLI-07
  invalid_scope: 'scope_refused', // CLI-07
  invalid_authorization_details: 'scope_refused', // CLI-07
  invalid_client: 'client_misconfigured', // CLI-07
};

const redemptionTable: Readonly<Record<string, CrossgrantErrorCode>> = {
  invalid_grant: 'id_jag_refused', // CLI-07
  access_denied: 'access_denied', // CLI-07
  invalid_target: 'target_refused', // CLI-07
  unauthorized_client: 'client_not_allowed',
  invalid_scope: 'scope_refused', // CLI-07
  invalid_client: 'client_misconfigured', // CLI-07
};

export function exchangeFailure(answer: TokenAnswer, nowMs: number): CrossgrantError {
  const { error } = answer;
  if (error !== undefined && isAboutSubjectToken(error)) return failure('sign_on_required', 'exchange', answer); // CLI-07
  if (error !== undefined && isAboutScope(error)) return failure('scope_refused', 'exchange', answer); // CLI-07
  return tokenFailure(exchangeTable, 'exchange', answer, nowMs);
}

export function redemptionFailure(answer: TokenAnswer, nowMs: number): CrossgrantError {
  return tokenFailure(redemptionTable, 'redeem', answer, nowMs);
}

/** The failure of a code or refresh request at the identity provider. */
export function signOnFailure(answer: TokenAnswer, nowMs: number): CrossgrantError {
  return tokenFailure(
    { invalid_grant: 'sign_on_required', invalid_client: 'client_misconfigured' },
    'sign_on',
    answer,
    nowMs,
  );
}

function tokenFailure(
  table: Readonly<Record<string, CrossgrantErrorCode>>,
  stage: Stage,
  answer: TokenAnswer,
  nowMs: number,
): CrossgrantError {
  const { error, response } = answer;
  if (isBusy(response)) return new TemporarilyUnavailable(stage, retryAfterSeconds(response, nowMs), causeOf(answer)); // CLI-07
  if (error === undefined) return failure(answer.status >= 500 ? 'server_fault' : 'request_refused', stage, answer);
  if (error.error === 'insufficient_user_authentication') return stepUp(error, stage, answer); // CLI-07
  const code = Object.hasOwn(table, error.error) ? table[error.error] : undefined;
  return failure(code ?? (answer.status >= 500 ? 'server_fault' : 'request_refused'), stage, answer);
}

function failure(code: CrossgrantErrorCode, stage: Stage, answer: TokenAnswer): CrossgrantError {
  return new CrossgrantError(code, stage, causeOf(answer));
}

function stepUp(error: OAuthErrorBody, stage: Stage, answer: TokenAnswer): StepUpRequired {
  return new StepUpRequired(stage, { acrValues: error.acrValues, maxAge: error.maxAge }, causeOf(answer));
}

/** RFC 8693 asks for `invalid_request` where others send `invalid_grant`; both mean that the assertion is spent. */
function isAboutSubjectToken(error: OAuthErrorBody): boolean {
  return error.error === 'invalid_request' && /subject.?token/i.test(error.errorDescription ?? '');
}

/** One large identity provider answers `unauthorized_client` where others say `invalid_scope`. */
function isAboutScope(error: OAuthErrorBody): boolean {
  return error.error === 'unauthorized_client' && /\bscopes?\b/i.test(error.errorDescription ?? '');
}
