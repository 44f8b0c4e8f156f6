import { remembering } from '@crossgrant/protocol';

/**
 * Removes what must never be stored or printed: anything shaped like a JWT, credentials of an HTTP header, form
 * members that carry secrets, PEM blocks and SAML assertions, wherever they stand in a text.
 *
 * ID-JAG §7 (EMA+ §7.3, §7.4.2).
 */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  return text
    .replace(jwtLike, '[token]')
    .replace(adminTokenLike, '[token]')
    .replace(samlLike, '[assertion]')
    .replace(pemBlock, '[key]')
    .replace(headerCredentials, '$1 [secret]')
    .replace(secretAssignment, '$1$2[secret]');
}

/** Whether a member of this name carries a secret, whatever its value looks like. */
export const isSecretName: (name: string) => boolean = remembering((name) => secretName.test(name));

/** The JSON of plain data with every secret replaced; see `redactValue`. What holds none is not copied first. */
export function redactedJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return suspicious.test(text) || mayHoldSecret(value, 0) ? JSON.stringify(redactValue(value)) : text;
}

/** Whether the copy of `redactValue` could differ for another reason than the texts. */
function mayHoldSecret(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > 8) return true;
  if (Array.isArray(value)) return value.length > 200 || value.some((item) => mayHoldSecret(item, depth + 1));
  for (const name in value) {
    if (isSecretName(name) || mayHoldSecret((value as Record<string, unknown>)[name], depth + 1)) return true;
  }
  return false;
}

/** Copies plain data with every secret replaced. Depth and size are bounded; what lies beyond is dropped. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 8) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, 200).map((item) => redactValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isSecret = isSecretName(name) && carriesText(member) && !(name === 'code' && isPublicCode(member));
      return [redactText(name), isSecret ? '[secret]' : redactValue(member, depth + 1)];
    }),
  );
}

function carriesText(member: unknown): boolean {
  return member !== null && member !== undefined && typeof member !== 'boolean' && typeof member !== 'number';
}

/** Codes of errors and refusals share their name with authorization codes; their form tells them apart. */
function isPublicCode(member: unknown): boolean {
  return typeof member === 'string' && /^(?:[A-Z][A-Z0-9_]{0,40}|[a-z-]{1,30}\/[a-z0-9-]{1,60})$/.test(member);
}

const names =
  'client_secret|client_assertion|assertion|subject_token|actor_token|id_token_hint|id_token|access_token|refresh_token|' +
  'password|passphrase|code_verifier|logout_token|SAMLResponse|SAMLRequest|secret|code|device_code|registration_access_token';
/** Finds at least what the replacements below find, in text and in the JSON of text, where quotes and space are escaped. */
const suspicious = new RegExp(
  'eyJ|cg_admin_|PHNhbW|PD94bW|<(?:[a-z0-9]+:)?Assertion|-----BEGIN|(?:bearer|basic|dpop)[\\s\\\\]|' +
    `(?:${names})(?:=|%3D|\\\\?["'](?:\\s|\\\\[a-z0-9]{1,5})*:)`,
  'i',
);
const jwtLike = /eyJ[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){0,4}/g;
const adminTokenLike = /cg_admin_[A-Za-z0-9_-]*/g;
const samlLike = /(?:PHNhbW|PD94bW)[A-Za-z0-9+/_=%-]*|<(?:[A-Za-z0-9]+:)?Assertion\b[\s\S]*/g;
const pemBlock = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g;
const headerCredentials = /\b(Bearer|Basic|DPoP)\s+[A-Za-z0-9._~+/=-]{6,}/gi;
const secretAssignment = new RegExp(`\\b(${names})(=|"\\s*:\\s*"|'\\s*:\\s*'|%3D)[^&\\s"',;}]+`, 'g');
const secretName =
  /secret|passw|passphrase|^(?:proxy-?)?authorization$|cookie$|^private|assertion$|(?:^|_|-)(?:code|jwt|jws|proof)$|(?:token|Token)(?:_?hint)?$|code_?verifier|^(?:d|p|q|dp|dq|qi|k)$|^saml/i;
