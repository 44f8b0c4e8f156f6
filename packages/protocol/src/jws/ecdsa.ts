/**
 * ECDSA signatures in their two spellings: JOSE's fixed-length `r || s`, and the DER sequence that the crypto library
 * takes. Both numbers must lie in 1 … n−1, or a zero pair could pass for a signature.
 *
 * RFC 7518 §3.4, SEC 1 §4.1.4.
 */
export interface EcdsaCurve {
  /** Length of one number in bytes. */
  readonly size: number;
  /** Order of the curve's base point, big endian. */
  readonly order: Buffer;
}

export const ecdsaCurves: { readonly ES256: EcdsaCurve; readonly ES384: EcdsaCurve } = {
  ES256: {
    size: 32,
    order: Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'),
  },
  ES384: {
    size: 48,
    order: Buffer.from(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
      'hex',
    ),
  },
};

/** The DER form of `r || s`; undefined unless both numbers have the right length and range. */
export function rawToDer(raw: Uint8Array, curve: EcdsaCurve): Buffer | undefined {
  const { size } = curve;
  if (raw.length !== 2 * size) return undefined; // LES-49
  if (!isInRange(raw, 0, curve) || !isInRange(raw, size, curve)) return undefined; // LES-49

  const r = integerAt(raw, 0, size);
  const s = integerAt(raw, size, 2 * size);
  const content = r.length + s.length;
  const der = Buffer.allocUnsafe(content + 2);
  der[0] = 0x30;
  der[1] = content;
  r.write(der, 2);
  s.write(der, 2 + r.length);
  return der;
}

/** The fixed-length form of a DER signature made by our own key. */
export function derToRaw(der: Uint8Array, curve: EcdsaCurve): Buffer {
  const { size } = curve;
  const raw = Buffer.alloc(2 * size);
  const rLength = der[3] as number;
  const sAt = 4 + rLength + 2;

  copyInteger(der, 4, rLength, raw, size);
  copyInteger(der, sAt, der[sAt - 1] as number, raw, 2 * size);
  return raw;
}

function copyInteger(der: Uint8Array, at: number, length: number, raw: Buffer, rawEnd: number): void {
  const start = der[at] === 0 ? at + 1 : at;
  raw.set(der.subarray(start, at + length), rawEnd - (at + length - start));
}

function isInRange(raw: Uint8Array, start: number, curve: EcdsaCurve): boolean {
  let isZero = true;
  for (let at = start; at < start + curve.size; at++) {
    if (raw[at] !== 0) {
      isZero = false;
      break;
    }
  }
  if (isZero) return false; // LES-49
  for (let at = 0; at < curve.size; at++) {
    const difference = (raw[start + at] as number) - (curve.order[at] as number);
    if (difference !== 0) return difference < 0; // LES-49
  }
  return false;
}

/** A DER INTEGER: no leading zeros, but one where the top bit would read as a sign. */
function integerAt(
  raw: Uint8Array,
  start: number,
  end: number,
): { length: number; write(der: Buffer, at: number): void } {
  let first = start;
  while (first < end - 1 && raw[first] === 0) first++;
  const pad = (raw[first] as number) >= 0x80 ? 1 : 0;
  const bytes = end - first + pad;

  return {
    length: bytes + 2,
    write(der, at) {
      der[at] = 0x02;
      der[at + 1] = bytes;
      if (pad === 1) der[at + 2] = 0;
      der.set(raw.subarray(first, end), at + 2 + pad);
    },
  };
}
