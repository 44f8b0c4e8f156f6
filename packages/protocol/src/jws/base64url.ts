/**
 * Decodes base64url without padding; undefined for any other spelling: wrong alphabet, padding, stray bits, blanks. One
 * token then has one text.
 *
 * RFC 7515 §2, RFC 4648 §3.5.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined; // RED-06, LES-29
}

export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}
