import { bearerRefusals } from './bearer.ts';
import { clientRefusals } from './client.ts';
import { dpopRefusals } from './dpop.ts';
import type { RefusalEntry } from './entry.ts';
import { eventRefusals } from './events.ts';
import { exchangeRefusals } from './exchange.ts';
import { redemptionRefusals } from './redemption.ts';
import { requestRefusals } from './request.ts';

/** Every refusal there is, by code. The families say where the check stands. */
export const refusalCatalogue = {
  ...requestRefusals,
  ...clientRefusals,
  ...dpopRefusals,
  ...exchangeRefusals,
  ...redemptionRefusals,
  ...bearerRefusals,
  ...eventRefusals,
} as const;

export type RefusalCode = keyof typeof refusalCatalogue;

export function refusalEntry(code: RefusalCode): RefusalEntry {
  return refusalCatalogue[code];
}
