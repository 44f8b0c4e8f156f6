import { grantTypes, limits, notApplicable, tokenTypes } from './constants.ts';
import { type FormParameters, formatForm } from './form.ts';
import { jsonResponse, type PlainResponse } from './http.ts';
import { parseResourceIdentifier, type ResourceIdentifier } from './resource-identifier.ts';
import { ok, type Result, refuse } from './result.ts';
import { formatScope, parseScope, type ScopeSet } from './scope.ts';

export type SubjectTokenType = typeof tokenTypes.idToken | typeof tokenTypes.refreshToken;

/** A well-formed request for an ID-JAG. Whether it is granted is the policy's business. */
export interface ExchangeRequest {
  readonly audience: string;
  readonly resources: readonly ResourceIdentifier[];
  readonly scope: ScopeSet | undefined;
  readonly subjectToken: string;
  readonly subjectTokenType: SubjectTokenType;
  readonly requestedTokenType: typeof tokenTypes.idJag;
}

const maximumResources = 16;

/**
 * Reads a token exchange request whose parameters are already known to be unique.
 *
 * RFC 8693 §2.1, RFC 8707 §2, ID-JAG-04 §4.3.
 */
export function parseExchangeRequest(form: FormParameters): Result<ExchangeRequest> {
  if (form.get('requested_token_type') !== tokenTypes.idJag) return refuse('exchange/requested-token-type'); // TEX-05
  if ((form.get('actor_token') ?? form.get('actor_token_type')) !== undefined) return refuse('exchange/actor-token'); // TEX-24, ATK-36
  if (form.get('authorization_details') !== undefined) return refuse('exchange/authorization-details'); // TEX-26

  const audience = form.get('audience');
  if (audience === undefined) return refuse('exchange/audience-missing'); // TEX-02
  const subject = readSubjectToken(form);
  if (!subject.ok) return subject;
  const resources = parseResourceParameters(form.all('resource'));
  if (!resources.ok) return resources;
  const scope = readRequestedScope(form);
  if (!scope.ok) return scope;

  return ok({
    audience,
    resources: resources.value,
    scope: scope.value,
    ...subject.value,
    requestedTokenType: tokenTypes.idJag,
  });
}

/** The `scope` of a token request: undefined when absent. RFC 6749 §3.3. */
export function readRequestedScope(form: FormParameters): Result<ScopeSet | undefined> {
  const text = form.get('scope');
  return text === undefined ? ok(undefined) : parseScope(text);
}

/** The `resource` parameters of a request, each well formed. RFC 8707 §2. */
export function parseResourceParameters(texts: readonly string[]): Result<readonly ResourceIdentifier[]> {
  if (texts.length > maximumResources) return refuse('request/resource-malformed', { count: texts.length });
  const resources: ResourceIdentifier[] = [];

  for (const text of texts) {
    const resource = parseResourceIdentifier(text);
    if (!resource.ok) return resource; // TEX-14
    resources.push(resource.value);
  }
  return ok(resources);
}

function readSubjectToken(form: FormParameters): Result<{ subjectToken: string; subjectTokenType: SubjectTokenType }> {
  const subjectToken = form.get('subject_token');
  const type = form.get('subject_token_type');
  if (subjectToken === undefined || subjectToken.trim() === '') return refuse('exchange/subject-token-missing'); // TEX-06, LES-18
  if (subjectToken.length > limits.assertionBytes) return refuse('exchange/subject-token-too-large'); // LES-18
  if (type === undefined) return refuse('exchange/subject-token-missing'); // TEX-06
  if (type !== tokenTypes.idToken && type !== tokenTypes.refreshToken) return refuse('exchange/subject-token-type'); // TEX-06
  return ok({ subjectToken, subjectTokenType: type });
}

export interface GrantedExchange {
  readonly idJag: string;
  readonly scope: ScopeSet;
  readonly resources: readonly string[];
  readonly expiresIn: number;
}

/**
 * The response to a granted exchange. It never has a refresh token: access is renewed by asking policy again.
 *
 * RFC 8693 §2.2.1, ID-JAG-04 §4.3.4.
 */
export function exchangeResponse(granted: GrantedExchange): PlainResponse {
  const { resources } = granted;
  return jsonResponse(200, {
    issued_token_type: tokenTypes.idJag, // TEX-20
    access_token: granted.idJag,
    token_type: notApplicable, // TEX-20
    scope: granted.scope.length === 0 ? undefined : formatScope(granted.scope), // TEX-21
    resource: resources.length === 0 ? undefined : resources.length === 1 ? resources[0] : resources,
    expires_in: granted.expiresIn, // TEX-21
  });
}

export interface ExchangeParameters {
  readonly audience: string;
  readonly resource: string;
  readonly scope?: ScopeSet;
  readonly subjectToken: string;
  readonly subjectTokenType: SubjectTokenType;
}

/** The body of an exchange request, without client authentication. RFC 8693 §2.1, MCP-EMA §4. */
export function exchangeForm(
  parameters: ExchangeParameters,
  clientAuthentication: Readonly<Record<string, string>>,
): string {
  return formatForm([
    ['grant_type', grantTypes.tokenExchange],
    ['requested_token_type', tokenTypes.idJag],
    ['audience', parameters.audience],
    ['resource', parameters.resource],
    ['scope', parameters.scope === undefined ? undefined : formatScope(parameters.scope)],
    ['subject_token', parameters.subjectToken],
    ['subject_token_type', parameters.subjectTokenType],
    ...Object.entries(clientAuthentication),
  ]);
}
