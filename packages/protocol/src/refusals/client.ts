import { type RefusalEntry, sentences } from './entry.ts';

const failed = { error: 'invalid_client', status: 401, sentence: sentences.clientFailed } as const;
const mayNot = { error: 'unauthorized_client', status: 400, sentence: sentences.clientMayNot } as const;

/** Client authentication, at either server. */
export const clientRefusals = {
  'client/missing': {
    ...failed,
    reason: 'The request carries no client identifier at all.',
    rules: ['TEX-03', 'RED-03'],
  },
  'client/several-methods': {
    error: 'invalid_request',
    status: 400,
    sentence: 'More than one client authentication method is used',
    reason: 'The request mixes Basic, client_secret and client_assertion.',
    rules: ['CAU-05'],
  },
  'client/identifier-mismatch': {
    error: 'invalid_request',
    status: 400,
    sentence: 'The client identifiers disagree',
    reason: 'client_id in the body differs from the authenticated identifier.',
    rules: ['CAU-08'],
  },
  'client/malformed-basic': {
    ...failed,
    reason: 'The Authorization header is not strict Basic of two form-encoded halves.',
    rules: ['CAU-05'],
  },
  'client/assertion-type': {
    error: 'invalid_request',
    status: 400,
    sentence: 'The client assertion type is not supported',
    reason: 'client_assertion and client_assertion_type do not come together, or the type is unknown.',
    rules: ['CAU-01'],
  },
  'client/assertion-malformed': {
    ...failed,
    reason: 'The client assertion is not a readable JWS with the required claims.',
    rules: ['CAU-01'],
  },
  'client/assertion-typ': {
    ...failed,
    reason: 'The typ of the client assertion names another kind of token.',
    rules: ['CAU-03'],
  },
  'client/assertion-signature': {
    ...failed,
    reason: 'No registered key of the client verifies the assertion.',
    rules: ['CAU-01'],
  },
  'client/assertion-issuer': {
    ...failed,
    reason: 'iss or sub of the client assertion is not the client.',
    rules: ['CAU-01'],
  },
  'client/assertion-audience': {
    ...failed,
    reason: 'aud of the client assertion is not exactly the issuer of this server.',
    rules: ['CAU-02'],
  },
  'client/assertion-time': {
    ...failed,
    reason: 'The client assertion is expired, not yet valid, or lives longer than five minutes.',
    rules: ['CAU-01'],
  },
  'client/assertion-replayed': {
    ...failed,
    reason: 'The jti of the client assertion was used before.',
    rules: ['CAU-03'],
  },
  'client/unknown': { ...failed, reason: 'No client has this identifier.', rules: ['TEX-03', 'RED-03'] },
  'client/metadata': {
    ...failed,
    reason: 'The metadata document of the client could not be read, or is none.',
    rules: ['CID-04', 'CID-05', 'CID-06', 'CID-08'],
  },
  'client/not-approved': {
    ...mayNot,
    reason: 'No administrator approved this client or the domain of its metadata document.',
    rules: ['CID-10'],
  },
  'client/blocked': { ...failed, reason: 'The client is blocked.', rules: ['TEX-03', 'RED-03'] },
  'client/method': {
    ...failed,
    reason: 'The client is registered for another authentication method.',
    rules: ['TEX-03', 'RED-03'],
  },
  'client/secret': { ...failed, reason: 'The secret is none of the live secrets of the client.', rules: ['CAU-06'] },
  'client/public': {
    ...mayNot,
    reason:
      'A public client may use this grant only where such clients are let in, with a metadata document and a proof of possession.',
    rules: ['CAU-04', 'RED-04'],
  },
  'client/grant-not-registered': {
    ...mayNot,
    reason: 'The client is not registered for this grant type.',
    rules: ['TEX-04', 'RED-04'],
  },
} as const satisfies Record<string, RefusalEntry>;
