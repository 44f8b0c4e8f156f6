import type { RefusalCode } from './refusals/catalogue.ts';

/** An expected "no", told apart by its code. The detail is for administrators and the audit log, never for the wire. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly wire?: RefusalWire;
}

/** Members of an error response that the caller needs in order to do better: step-up, nonce, scope. */
export interface RefusalWire {
  readonly acr_values?: string;
  readonly max_age?: number;
  readonly dpop_nonce?: string;
  readonly scope?: string;
}

/** Either a value or the reason why there is none. Faults are thrown instead. */
export type Result<T, E = Refusal> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse(
  code: RefusalCode,
  detail?: Readonly<Record<string, unknown>>,
  wire?: RefusalWire,
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, detail, wire } };
}
