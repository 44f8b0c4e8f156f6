import { domainToASCII } from 'node:url';

declare const emailAddress: unique symbol;

/** An address in the one form that is stored and compared. */
export type EmailAddress = string & { readonly [emailAddress]: true };

const maximumCharacters = 254;

/**
 * The canonical form of an address, or undefined when it has none.
 *
 * Unicode compatibility forms are folded before anything is looked for, so that no second `@` hides in a full-width one.
 * The local part keeps its case: only the domain is case-insensitive for certain.
 *
 * RFC 5321 §2.3.11, RFC 5890 §2.3.2.
 */
export function canonicalEmail(text: string): EmailAddress | undefined {
  if (text.length > maximumCharacters) return undefined;
  const normal = text.normalize('NFKC').trim();
  const [local = '', domain = '', ...more] = normal.split('@');
  if (more.length > 0) return undefined; // LES-14
  if (!isLocalPart(local)) return undefined;

  const canonical = canonicalDomain(domain);
  return canonical === undefined ? undefined : (`${local}@${canonical}` as EmailAddress);
}

/** A domain in lower-case A-labels, or undefined when it is none. */
export function canonicalDomain(text: string): string | undefined {
  const normal = text.normalize('NFKC').trim();
  // The conversion below reads its input as part of a URL: it would drop a path and decode percent signs.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(normal)) return undefined;
  const ascii = domainToASCII(normal);
  return /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/.test(ascii) ? ascii : undefined;
}

export function domainOf(address: EmailAddress): string {
  return address.slice(address.indexOf('@') + 1);
}

/** Quotes, controls and blanks are out: readers disagree about quoted local parts. */
function isLocalPart(text: string): boolean {
  return /^[^\s"'(),:;<>[\]\\\p{C}]+$/u.test(text);
}
