import { type RefusalEntry, sentences } from './entry.ts';

const token = { error: 'invalid_token', status: 401, sentence: sentences.token } as const;
const proof = { error: 'invalid_dpop_proof', status: 401, sentence: sentences.proof } as const;
const request = { error: 'invalid_request', status: 400 } as const;

/** Use of an access token at a resource server. */
export const bearerRefusals = {
  'bearer/missing': {
    ...token,
    sentence: 'An access token is needed',
    reason: 'The request has no Authorization header.',
    rules: ['MET-10', 'MCP-11'],
  },
  'bearer/scheme': {
    ...token,
    sentence: 'An access token is needed',
    reason: 'The Authorization scheme is neither Bearer nor DPoP.',
    rules: ['MET-10'],
  },
  'bearer/malformed': {
    ...request,
    sentence: 'The Authorization header is malformed',
    reason: 'The header is repeated, or holds no single token.',
    rules: ['MCP-13'],
  },
  'bearer/in-query': {
    ...request,
    sentence: 'Access tokens are taken from the Authorization header alone',
    reason: 'access_token was sent in the query.',
    rules: ['MCP-11'],
  },
  'bearer/not-a-token': { ...token, reason: 'The token is not a strict compact JWS.', rules: ['RSV-01'] },
  'bearer/typ': {
    ...token,
    reason: 'typ is not at+jwt: an ID-JAG, ID token or another kind.',
    rules: ['RSV-01', 'RSV-02'],
  },
  'bearer/signature': { ...token, reason: 'No key of the authorization server verifies the token.', rules: ['RSV-01'] },
  'bearer/claims': { ...token, reason: 'A required claim is absent or of the wrong JSON type.', rules: ['RSV-01'] },
  'bearer/issuer': {
    ...token,
    reason: 'iss is not the authorization server of this resource.',
    rules: ['RSV-01', 'RSV-02'],
  },
  'bearer/audience': { ...token, reason: 'aud is not exactly this resource.', rules: ['RSV-01', 'MCP-13'] },
  'bearer/expired': { ...token, reason: 'exp has passed, skew included.', rules: ['RSV-01'] },
  'bearer/not-yet-valid': { ...token, reason: 'iat or nbf lies in the future, skew included.', rules: ['RSV-01'] },
  'bearer/confirmation': {
    ...token,
    reason: 'The token is bound to a key and came as a plain bearer token.',
    rules: ['RSV-03'],
  },
  'bearer/not-bound': {
    ...token,
    reason: 'The token came under the DPoP scheme, and is bound to no key.',
    rules: ['RSV-03'],
  },
  'bearer/bound-needed': {
    ...token,
    reason: 'This resource takes tokens that are bound to a key alone, and the token came as a plain bearer token.',
    rules: ['RSV-03', 'DPO-10'],
  },
  'bearer/proof-key': {
    ...token,
    reason: 'The key of the proof is not the one that the token is bound to, or its cnf is not understood.',
    rules: ['RSV-03'],
  },
  'bearer/proof': {
    ...proof,
    reason: 'The DPoP proof is absent or does not hold; the detail says why.',
    rules: ['RSV-03'],
  },
  'bearer/proof-replayed': { ...proof, reason: 'The DPoP proof was used before.', rules: ['RSV-03'] },
  'bearer/proof-nonce': {
    error: 'use_dpop_nonce',
    status: 401,
    sentence: sentences.proofNonce,
    reason: 'The DPoP proof has no nonce, or one that is no longer accepted.',
    rules: ['RSV-03'],
  },
  'bearer/inactive': { ...token, reason: 'Introspection says that the token is not active.', rules: ['RSV-06'] },
  'bearer/insufficient-scope': {
    error: 'insufficient_scope',
    status: 403,
    sentence: 'The access token lacks a scope',
    reason: 'The operation needs a scope that the token does not have.',
    rules: ['RSV-04', 'MCP-13'],
  },
  'bearer/unknown-operation': {
    error: 'insufficient_scope',
    status: 403,
    sentence: 'The access token does not reach this operation',
    reason: 'No scope is configured for the operation, so nothing grants it.',
    rules: ['RSV-04'],
  },
  'bearer/insufficient-authentication': {
    error: 'insufficient_user_authentication',
    status: 401,
    sentence: sentences.stepUp,
    reason: 'acr or auth_time of the token does not satisfy the operation.',
    rules: ['RSV-05'],
  },
  'bearer/message-malformed': {
    ...request,
    sentence: sentences.malformedRequest,
    reason: 'The JSON-RPC body is not strict JSON, or its members have the wrong type.',
    rules: ['MCP-13'],
  },
  'bearer/message-mismatch': {
    ...request,
    sentence: 'Headers and body disagree',
    reason: 'Mcp-Method or Mcp-Name is not what the body says.',
    rules: ['MCP-13'],
  },
} as const satisfies Record<string, RefusalEntry>;
