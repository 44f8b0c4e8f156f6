import { domainToASCII } from 'node:url';

/** Longer names are refused before they cost anything. */
const maximumCharacters = 320;

/**
 * The one form in which a typed name is stored and looked up: compatibility characters folded, blanks at the ends
 * dropped, lower case. A name with an `@` must be an e-mail address with exactly one, whose domain is written in
 * A-labels, so that no two spellings reach two accounts or two counters.
 */
export function normalizeLoginIdentifier(typed: string): string | undefined {
  if (typed.length > maximumCharacters) return undefined;
  const folded = typed.normalize('NFKC').trim().toLowerCase(); // LES-14
  if (folded.length === 0 || hasForbiddenCharacter(folded)) return undefined;
  return folded.includes('@') ? normalizeAddress(folded) : folded;
}

function normalizeAddress(folded: string): string | undefined {
  const parts = folded.split('@');
  if (parts.length !== 2) return undefined; // LES-14
  const [local = '', domain = ''] = parts;
  const ascii = domainToASCII(domain);
  if (local.length === 0 || ascii.length === 0 || local.includes('"')) return undefined;
  return `${local}@${ascii}`;
}

function hasForbiddenCharacter(text: string): boolean {
  return /[\p{Cc}\p{Cf}\p{Z}]/u.test(text);
}
