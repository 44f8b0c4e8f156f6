import type { FormParameters, PlainHeaders } from '@crossgrant/protocol';
import type { LiveState } from '../snapshot/live-state.ts';

/** What one evaluation begins with. Everything is judged against the one state `live`. */
export interface ExchangeStart {
  readonly id: string;
  readonly headers: PlainHeaders;
  readonly form: FormParameters;
  readonly callerAddress: string;
  readonly live: LiveState;
  readonly nowMs: number;
  /** False when the same request is evaluated again. */
  readonly isFirst: boolean;
}
