import { type RefusalEntry, sentences } from './entry.ts';

const request = { error: 'invalid_request', status: 400 } as const;
const target = { error: 'invalid_target', status: 400, sentence: sentences.target } as const;
const subject = { error: 'invalid_grant', status: 400, sentence: sentences.subjectToken } as const;
const denied = { error: 'access_denied', status: 400, sentence: sentences.denied } as const;

/** Token exchange at the identity provider. */
export const exchangeRefusals = {
  'exchange/requested-token-type': {
    ...request,
    sentence: 'The requested token type is not supported',
    reason: 'requested_token_type is absent or not the ID-JAG type.',
    rules: ['TEX-05'],
  },
  'exchange/audience-missing': {
    ...request,
    sentence: 'A required parameter is missing',
    reason: 'audience is absent.',
    rules: ['TEX-02'],
  },
  'exchange/subject-token-missing': {
    ...request,
    sentence: 'A required parameter is missing',
    reason: 'subject_token or its type is absent or blank.',
    rules: ['TEX-06'],
  },
  'exchange/subject-token-type': {
    ...request,
    sentence: 'The subject token type is not supported',
    reason: 'subject_token_type is none that this server accepts.',
    rules: ['TEX-06'],
  },
  'exchange/subject-token-too-large': {
    ...request,
    sentence: 'The subject token is too large',
    reason: 'subject_token exceeds 16 KiB.',
    rules: ['TEX-06'],
  },
  'exchange/actor-token': {
    ...request,
    sentence: 'Actor tokens are not supported',
    reason: 'actor_token or its type is present, and no actor profile is configured.',
    rules: ['TEX-24'],
  },
  'exchange/authorization-details': {
    error: 'invalid_authorization_details',
    status: 400,
    sentence: sentences.details,
    reason: 'authorization_details is malformed or of a type that is not supported.',
    rules: ['TEX-26'],
  },
  'exchange/audience-unknown': {
    ...target,
    reason: 'No resource app is registered under this audience.',
    rules: ['TEX-13'],
  },
  'exchange/audience-self': { ...target, reason: 'The audience is this identity provider itself.', rules: ['TEX-23'] },
  'exchange/no-connection': {
    ...target,
    reason: 'No connection leads from this client app to the resource app.',
    rules: ['TEX-13'],
  },
  'exchange/client-unmapped': {
    ...target,
    reason: 'The connection has no client identifier for the resource app.',
    rules: ['CID-01'],
  },
  'exchange/resource-not-of-audience': {
    ...target,
    reason: 'The resource does not belong to the named audience.',
    rules: ['TEX-14'],
  },
  'exchange/resource-ambiguous': {
    ...target,
    reason: 'No resource is named, and the connection has several without a default.',
    rules: ['TEX-15'],
  },
  'subject-token/malformed': { ...subject, reason: 'The subject token is not a readable JWS.', rules: ['TEX-07'] },
  'subject-token/not-an-id-token': {
    ...subject,
    reason: 'The subject token is another kind of token: typ, or an events claim.',
    rules: ['TEX-08'],
  },
  'subject-token/signature': {
    ...subject,
    reason: 'No key of this issuer verifies the subject token.',
    rules: ['TEX-07'],
  },
  'subject-token/issuer': { ...subject, reason: 'iss of the subject token is not this issuer.', rules: ['TEX-07'] },
  'subject-token/audience': {
    ...subject,
    reason: 'aud of the subject token is not exactly the authenticated client.',
    rules: ['TEX-07'],
  },
  'subject-token/claims': {
    ...subject,
    reason: 'A required claim of the subject token is absent or of the wrong type.',
    rules: ['TEX-07'],
  },
  'subject-token/expired': { ...subject, reason: 'The subject token is past its expiry.', rules: ['TEX-07'] },
  'subject-token/not-yet-valid': { ...subject, reason: 'The subject token is dated in the future.', rules: ['TEX-07'] },
  'subject-token/user-unknown': { ...subject, reason: 'No person of this tenant has the subject.', rules: ['TEX-09'] },
  'subject-token/user-inactive': { ...subject, reason: 'The person is disabled.', rules: ['TEX-09'] },
  'subject-token/user-revoked': {
    ...subject,
    reason: 'The person was revoked after this sign-on.',
    rules: ['TEX-09', 'REV-12'],
  },
  'subject-token/session-unknown': {
    ...subject,
    reason: 'The session of the subject token is not known.',
    rules: ['TEX-09'],
  },
  'subject-token/session-ended': {
    ...subject,
    reason: 'The session of the subject token has ended.',
    rules: ['TEX-09'],
  },
  'subject-token/refresh-token': {
    ...subject,
    reason: 'The refresh token is unknown, expired, revoked, or of another client.',
    rules: ['TEX-10'],
  },
  'subject-token/refresh-token-reused': {
    ...subject,
    reason: 'The refresh token was replaced by a later one before; every token of its family was ended.',
    rules: ['RTK-03', 'TEX-10'],
  },
  'policy/denied': { ...denied, reason: 'A rule denies, or no rule allows.', rules: ['TEX-16'] },
  'policy/pending': { ...denied, reason: 'An access request was filed and waits for approval.', rules: ['TEX-16'] },
  'policy/connection-inactive': {
    ...denied,
    reason: 'The connection is pending, blocked, or past its expiry.',
    rules: ['TEX-16'],
  },
  'policy/step-up': {
    error: 'insufficient_user_authentication',
    status: 400,
    sentence: sentences.stepUp,
    reason: 'The sign-on is too old or too weak for what is asked; a better one would do.',
    rules: ['TEX-25', 'STP-01'],
  },
  'policy/no-scope': {
    error: 'invalid_scope',
    status: 400,
    sentence: sentences.scope,
    reason: 'Policy leaves none of the requested scopes.',
    rules: ['TEX-18'],
  },
  'policy/no-resource': { ...target, reason: 'Policy leaves none of the requested resources.', rules: ['TEX-18'] },
} as const satisfies Record<string, RefusalEntry>;
