import { type RefusalEntry, sentences } from './entry.ts';

const logout = { error: 'invalid_request', status: 400, sentence: sentences.logoutToken } as const;
const event = { error: 'invalid_request', status: 400, sentence: sentences.securityEvent } as const;

/** Logout tokens and security events, at whoever receives them. */
export const eventRefusals = {
  'logout-token/typ': {
    ...logout,
    reason: 'typ names another kind of token.',
    rules: ['SSO-07'],
  },
  'logout-token/issuer': {
    ...logout,
    reason: 'iss is not the issuer that signed the person on.',
    rules: ['SSO-07'],
  },
  'logout-token/audience': { ...logout, reason: 'aud is not exactly this client.', rules: ['SSO-07'] },
  'logout-token/claims': {
    ...logout,
    reason: 'A required claim is absent or of the wrong JSON type.',
    rules: ['SSO-07'],
  },
  'logout-token/event': {
    ...logout,
    reason: 'events does not hold the back-channel logout event as an object.',
    rules: ['SSO-07'],
  },
  'logout-token/nonce': { ...logout, reason: 'The token has a nonce, so it is an ID token.', rules: ['SSO-07'] },
  'logout-token/nobody': { ...logout, reason: 'Neither sub nor sid says whose sign-on ended.', rules: ['SSO-07'] },
  'logout-token/expired': { ...logout, reason: 'exp has passed, skew included.', rules: ['SSO-07'] },
  'logout-token/not-yet-valid': { ...logout, reason: 'iat lies in the future, skew included.', rules: ['SSO-07'] },
  'security-event/typ': { ...event, reason: 'typ is not secevent+jwt.', rules: ['REV-09', 'REV-10'] },
  'security-event/issuer': { ...event, reason: 'iss is not the transmitter of this stream.', rules: ['REV-10'] },
  'security-event/audience': { ...event, reason: 'aud is not exactly this receiver.', rules: ['REV-10'] },
  'security-event/claims': {
    ...event,
    reason: 'A required claim is absent or of the wrong JSON type, or sub or exp is present.',
    rules: ['REV-09', 'REV-10'],
  },
  'security-event/event': { ...event, reason: 'events does not hold exactly one event.', rules: ['REV-08', 'REV-10'] },
  'security-event/subject': {
    ...event,
    reason: 'sub_id is malformed, or speaks about somebody of another issuer.',
    rules: ['REV-10'],
  },
  'security-event/not-yet-valid': { ...event, reason: 'iat lies in the future, skew included.', rules: ['REV-10'] },
} as const satisfies Record<string, RefusalEntry>;
