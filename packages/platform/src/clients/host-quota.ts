import type { Clock } from '@crossgrant/protocol';

export interface HostQuota {
  /** Whether the host may be asked once more in this minute. */
  take(host: string): boolean;
}

const windowMs = 60_000;
const mostPerHost = 20;
const mostInAll = 300;

/** How often other parties' hosts are asked, each of them and all together, in one minute. */
export function createHostQuota(clock: Clock): HostQuota {
  let endsAt = 0;
  let inAll = 0;
  const asked = new Map<string, number>();

  return {
    take(host) {
      if (clock() >= endsAt) {
        endsAt = clock() + windowMs;
        inAll = 0;
        asked.clear();
      }
      const before = asked.get(host) ?? 0;
      if (before >= mostPerHost || inAll >= mostInAll) return false; // LES-45
      asked.set(host, before + 1);
      inAll += 1;
      return true;
    },
  };
}
