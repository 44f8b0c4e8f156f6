import { type RefusalEntry, sentences } from './entry.ts';

/** Requests that cannot be read, whatever the grant. */
export const requestRefusals = {
  'request/method': { error: 'invalid_request', status: 405, sentence: 'The method is not allowed here', reason: 'The endpoint takes POST alone.', rules: ['TEX-01', 'RED-01'] },
  'request/media-type': { error: 'invalid_request', status: 415, sentence: 'The content type is not supported', reason: 'Content-Type is absent, repeated, or not exactly the expected type.', rules: ['TEX-01', 'RED-01'] },
  'request/too-large': { error: 'invalid_request', status: 413, sentence: 'The request is too large', reason: 'The body exceeds the limit of the endpoint.', rules: ['RED-02'] },
  'request/malformed-form': { error: 'invalid_request', status: 400, sentence: sentences.malformedRequest, reason: 'The form holds a broken escape, bytes that are not UTF-8, or a NUL.', rules: ['TEX-01', 'RED-01'] },
  'request/malformed-json': { error: 'invalid_request', status: 400, sentence: sentences.malformedRequest, reason: 'The body is not strict JSON: syntax, duplicate members, depth or forbidden names.', rules: [] },
  'request/duplicate-parameter': { error: 'invalid_request', status: 400, sentence: 'A parameter occurs more than once', reason: 'A parameter that must be unique was sent twice.', rules: ['TEX-01', 'TEX-02', 'RED-01'] },
  'request/too-many-parameters': { error: 'invalid_request', status: 400, sentence: 'The request has too many parameters', reason: 'The form has more parameters than any grant takes.', rules: ['TEX-01'] },
  'request/missing-parameter': { error: 'invalid_request', status: 400, sentence: 'A required parameter is missing', reason: 'A parameter that the grant requires is absent or empty.', rules: ['TEX-01', 'RED-01'] },
  'request/grant-type': { error: 'unsupported_grant_type', status: 400, sentence: 'The grant type is not supported', reason: 'grant_type is none that this server offers.', rules: ['TEX-04', 'RED-05'] },
  'request/scope-malformed': { error: 'invalid_scope', status: 400, sentence: 'The scope is malformed', reason: 'scope does not follow the grammar of scope tokens.', rules: ['IDJ-11'] },
  'request/resource-malformed': { error: 'invalid_target', status: 400, sentence: 'The resource is malformed', reason: 'resource is not an absolute URI without fragment, user info and dot segments.', rules: ['TEX-14'] },
  'request/rate-limited': { error: 'temporarily_unavailable', status: 429, sentence: 'Too many requests', reason: 'The caller exceeded its rate.', rules: ['TEX-28'] },
  'request/not-found': { error: 'invalid_request', status: 404, sentence: 'There is nothing here', reason: 'No route has this path.', rules: [] },
  'request/host': { error: 'invalid_request', status: 421, sentence: 'The host is not served here', reason: 'The Host header names none of the configured hosts.', rules: [] },
} as const satisfies Record<string, RefusalEntry>;
