import { type RefusalEntry, sentences } from './entry.ts';

const grant = { error: 'invalid_grant', status: 400, sentence: sentences.assertion } as const;
const target = { error: 'invalid_target', status: 400, sentence: sentences.target } as const;
const scope = { error: 'invalid_scope', status: 400, sentence: sentences.scope } as const;
const denied = { error: 'access_denied', status: 400, sentence: sentences.denied } as const;

/** Redemption of an ID-JAG at the resource authorization server, and the account behind it. */
export const redemptionRefusals = {
  'assertion/missing': {
    error: 'invalid_request',
    status: 400,
    sentence: 'A required parameter is missing',
    reason: 'assertion is absent.',
    rules: ['RED-01'],
  },
  'assertion/too-large': { ...grant, reason: 'The assertion or its header exceeds the limit.', rules: ['RED-02'] },
  'assertion/malformed': {
    ...grant,
    reason: 'The assertion is not a strict compact JWS of two JSON objects.',
    rules: ['RED-06'],
  },
  'assertion/encrypted': {
    ...grant,
    reason: 'The assertion has five parts; encryption is not supported.',
    rules: ['RED-06'],
  },
  'assertion/typ': {
    ...grant,
    reason: 'typ is not oauth-id-jag+jwt, and no other profile is enabled.',
    rules: ['RED-05', 'IDJ-01'],
  },
  'assertion/header': {
    ...grant,
    reason: 'The header names an algorithm outside the allow-list, or critical extensions.',
    rules: ['RED-07'],
  },
  'assertion/issuer-unknown': { ...grant, reason: 'No trusted issuer has this identifier.', rules: ['RED-08'] },
  'assertion/issuer-disabled': { ...grant, reason: 'The trusted issuer is disabled.', rules: ['RED-08'] },
  'assertion/issuer-self': { ...grant, reason: 'The issuer is this server itself.', rules: ['RED-08'] },
  'assertion/key-unknown': { ...grant, reason: 'No key of the issuer has this kid and algorithm.', rules: ['RED-09'] },
  'assertion/signature': { ...grant, reason: 'The signature does not verify.', rules: ['RED-09'] },
  'assertion/claims': {
    ...grant,
    reason: 'A required claim is absent, or a claim has the wrong JSON type.',
    rules: ['RED-10'],
  },
  'assertion/expired': { ...grant, reason: 'exp has passed, skew included.', rules: ['RED-11'] },
  'assertion/not-yet-valid': { ...grant, reason: 'iat or nbf lies in the future, skew included.', rules: ['RED-11'] },
  'assertion/auth-time': {
    ...grant,
    reason: 'auth_time lies in the future, skew included.',
    rules: ['RED-11', 'RED-25'],
  },
  'assertion/lifetime': {
    ...grant,
    reason: 'exp − iat exceeds the cap of the trusted issuer, or is not positive.',
    rules: ['RED-11'],
  },
  'assertion/audience': { ...grant, reason: 'aud is not exactly the issuer of this server.', rules: ['RED-12'] },
  'assertion/tenant-missing': {
    ...grant,
    reason: 'The issuer hosts several tenants and the assertion names none.',
    rules: ['RED-13', 'SUB-03'],
  },
  'assertion/tenant-unknown': { ...grant, reason: 'The tenant is mapped to no customer.', rules: ['RED-13', 'SUB-03'] },
  'assertion/tenant-unpinned': {
    ...grant,
    reason: 'The assertion names a tenant, and none is pinned for the issuer.',
    rules: ['RED-13', 'SUB-04'],
  },
  'assertion/tenant-mismatch': { ...grant, reason: 'The tenant is not the pinned one.', rules: ['RED-13', 'SUB-04'] },
  'assertion/audience-tenant': {
    ...grant,
    reason: 'aud_tenant names a customer in which this issuer and tenant may not act.',
    rules: ['RED-13', 'SUB-05'],
  },
  'assertion/client': { ...grant, reason: 'client_id is not the authenticated client.', rules: ['RED-14'] },
  'assertion/client-not-vouched': {
    ...grant,
    reason: 'The trusted issuer may not vouch for this client.',
    rules: ['RED-14', 'SUB-06'],
  },
  'assertion/confirmation-unsupported': {
    ...grant,
    reason: 'The assertion is bound to a key by a cnf member that is not supported.',
    rules: ['RED-15', 'DPO-08'],
  },
  'assertion/confirmation-missing': {
    ...grant,
    reason: 'The grant type demands a bound assertion, and this one has no cnf.',
    rules: ['DPO-07'],
  },
  'assertion/proof-missing': {
    ...grant,
    reason: 'The assertion is bound to a key, and the request carries no DPoP proof.',
    rules: ['RED-15', 'DPO-04'],
  },
  'assertion/proof-key': {
    ...grant,
    reason: 'The key of the DPoP proof is not the one that the assertion is bound to.',
    rules: ['RED-15', 'DPO-03'],
  },
  'assertion/proof-demanded': {
    ...grant,
    reason: 'The resource takes bound tokens alone, and the request carries no DPoP proof.',
    rules: ['DPO-06'],
  },
  'assertion/session-ended': { ...grant, reason: 'session_expiry of the assertion has passed.', rules: ['RED-29'] },
  'assertion/resource-malformed': {
    ...grant,
    reason: 'resource is neither a valid identifier nor an array of them.',
    rules: ['RED-16'],
  },
  'assertion/resource-foreign': {
    ...grant,
    reason: 'resource names something this server does not govern.',
    rules: ['RED-16'],
  },
  'assertion/resource-not-within': {
    ...target,
    reason: 'The requested resource is not within the assertion, or not permitted.',
    rules: ['RED-17'],
  },
  'assertion/resource-ambiguous': {
    ...target,
    reason: 'Several resources, no narrowing parameter and no default among them.',
    rules: ['RED-18'],
  },
  'assertion/resource-missing': {
    ...target,
    reason: 'No resource is named and no default is configured.',
    rules: ['RED-18'],
  },
  'assertion/scope-malformed': {
    ...grant,
    reason: 'scope is not one space-delimited string of scope tokens.',
    rules: ['RED-10', 'IDJ-11'],
  },
  'assertion/scope-empty': { ...scope, reason: 'No scope is left after all intersections.', rules: ['RED-19'] },
  'assertion/scope-outside': {
    ...scope,
    reason: 'A requested scope is outside the assertion, and the strict switch is on.',
    rules: ['RED-19'],
  },
  'assertion/scope-no-default': {
    ...scope,
    reason: 'The assertion has no scope and no defaults are configured for the issuer.',
    rules: ['RED-20'],
  },
  'assertion/authorization-details': {
    ...grant,
    reason: 'authorization_details is present, and no handler understands it.',
    rules: ['RED-21'],
  },
  'assertion/actor': { ...grant, reason: 'act is malformed or nested too deeply.', rules: ['ACT-03'] },
  'assertion/sign-on': {
    error: 'insufficient_user_authentication',
    status: 400,
    sentence: sentences.stepUp,
    reason: 'Every scope that is left demands a fresher or stronger sign-on than the assertion tells of.',
    rules: ['STP-06'],
  },
  'assertion/replayed': { ...grant, reason: 'The jti was redeemed before.', rules: ['RED-26'] },
  'account/unresolved': {
    ...grant,
    reason: 'No local account can be identified for the subject.',
    rules: ['RED-23', 'SUB-01'],
  },
  'account/link-conflict': {
    ...grant,
    reason: 'aud_sub names another account than the existing link.',
    rules: ['SUB-07'],
  },
  'account/email': {
    ...grant,
    reason: 'The e-mail is unverified, outside the verified domains, or matches no single account.',
    rules: ['SUB-08'],
  },
  'account/provisioning-off': {
    ...grant,
    reason: 'The subject is new, and provisioning at first use is off.',
    rules: ['SUB-09'],
  },
  'account/revoked': {
    ...grant,
    reason: 'The sign-on is not later than the revocation watermark of the account.',
    rules: ['RED-25'],
  },
  'account/inactive': { ...denied, reason: 'The account is deactivated.', rules: ['RED-24'] },
  'account/not-entitled': {
    ...denied,
    reason: 'Local policy gives the account or the client no access.',
    rules: ['RED-24'],
  },
} as const satisfies Record<string, RefusalEntry>;
