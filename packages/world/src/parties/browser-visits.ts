import { randomBytes } from 'node:crypto';
import type { CrossgrantClient, PendingSignOn } from '@crossgrant/client';
import type { Hop } from '../report/hop.ts';
import type { Notice } from './sample-app-notice.ts';

/** What the sample app remembers for one browser. It lives in this process and is forgotten with it. */
export interface Visit {
  readonly id: string;
  /** Lives as long as the visit, so that its tokens are cached between two calls. */
  client?: CrossgrantClient;
  pending?: PendingSignOn;
  signedOn?: { readonly session: string; readonly person: string; readonly idToken?: string };
  /** What was last sent with the form of a call. */
  typed?: { readonly tool: string; readonly arguments: string };
  hops: Hop[];
  notice?: Notice;
}

export interface Visits {
  /** The visit a Cookie header names, if there is one. */
  find(cookieHeader: string | undefined): Visit | undefined;
  begin(): { readonly visit: Visit; readonly setCookie: string };
}

const maxVisits = 1_000;

/** Cookies ignore ports, so the name carries the port: two worlds on one machine do not share a browser's sign-on. */
export function createVisits(port: number): Visits {
  const name = `crossgrant_sample_${port}`;
  const visits = new Map<string, Visit>();
  return {
    find(cookieHeader) {
      const pair = cookieHeader
        ?.split(';')
        .map((part) => part.trim())
        .find((part) => part.startsWith(`${name}=`));
      return pair === undefined ? undefined : visits.get(pair.slice(name.length + 1));
    },
    begin() {
      const visit: Visit = { id: randomBytes(24).toString('base64url'), hops: [] };
      visits.set(visit.id, visit);
      const [oldest] = visits.keys();
      if (visits.size > maxVisits && oldest !== undefined) visits.delete(oldest);
      return { visit, setCookie: `${name}=${visit.id}; Path=/; HttpOnly; SameSite=Lax` };
    },
  };
}
