import { instantNote } from '@crossgrant/platform/explain';
import type { DecodedToken, Hop } from './hop.ts';

/** One hop in words, for the terminal and for the page alike. */
export interface HopText {
  readonly number: string;
  readonly title: string;
  readonly isDone: boolean;
  readonly lead: string;
  readonly time: string;
  readonly rows: readonly HopRow[];
}

export interface HopRow {
  readonly label: string;
  readonly value: string;
  /** A value beside another, such as the clock time of a timestamp. */
  readonly note?: string;
  readonly isHeading?: boolean;
}

const frames = {
  sign_on: { number: '①', title: 'Sign-on', token: 'ID token' },
  exchange: { number: '②', title: 'Exchange', token: 'ID-JAG' },
  redemption: { number: '③', title: 'Redemption', token: 'Access token' },
  call: { number: '④', title: 'Tool call', token: '' },
} as const;

export function describeHop(hop: Hop): HopText {
  const frame = frames[hop.stage];
  const rows = hop.failure === undefined ? [] : failureRows(hop);
  return {
    number: frame.number,
    title: frame.title,
    isDone: hop.isDone,
    lead: leads[hop.stage](hop),
    time: `${Math.max(1, Math.round(hop.milliseconds))} ms`,
    rows: [
      ...rows,
      ...askedRows(hop),
      ...(hop.token === undefined ? [] : tokenRows(frame.token, hop.token, hop.at)),
      ...resultRows(hop),
    ],
  };
}

const leads: Readonly<Record<Hop['stage'], (hop: Hop) => string>> = {
  sign_on: (hop) =>
    hop.isDone ? `${personOf(hop)} signed on at ${hostOf(hop)}` : `nobody signed on at ${hostOf(hop)}`,
  exchange: (hop) =>
    hop.isDone ? `allowed: an ID-JAG for ${hop.asked.audience}` : `no ID-JAG for ${hop.asked.audience}`,
  redemption: (hop) =>
    hop.isDone
      ? `${hostOf(hop)} gave an access token for ${hop.token?.claims.aud ?? hop.asked.resource ?? 'its resource'}`
      : `${hostOf(hop)} gave no access token`,
  call: (hop) =>
    hop.isDone
      ? `${hop.asked.tool}(${hop.asked.arguments}) answered`
      : `${hop.asked.tool}(${hop.asked.arguments}) did not answer`,
};

function personOf(hop: Hop): string {
  const claims = hop.token?.claims ?? {};
  return String(
    claims.name ?? claims.preferred_username ?? claims.email ?? hop.asked.person ?? claims.sub ?? 'somebody',
  );
}

function hostOf(hop: Hop): string {
  return URL.canParse(hop.url) ? new URL(hop.url).host : hop.url;
}

function failureRows(hop: Hop): HopRow[] {
  const { failure } = hop;
  if (failure === undefined) return [];
  return [
    failure.error === ''
      ? { label: 'refused', value: failure.sentence }
      : { label: 'refused', value: failure.error, note: failure.sentence },
    ...(failure.id === undefined ? [] : [{ label: 'decision', value: failure.id }]),
  ];
}

function askedRows(hop: Hop): HopRow[] {
  const shown: [label: string, name: string][] = [
    ['person', 'person'],
    ['client', 'client_id'],
    ['resource', 'resource'],
    ['asked', 'scope'],
  ];
  const rows = shown.flatMap(([label, name]) =>
    hop.asked[name] === undefined ? [] : [{ label, value: hop.asked[name] }],
  );
  const granted = hop.answered.scope;
  return granted === undefined || hop.stage === 'sign_on' ? rows : [...rows, { label: 'granted', value: granted }];
}

const hiddenClaims = new Set(['at_hash', 'nonce', 's_hash', 'c_hash', 'jwk', 'x5c']);
const instants = new Set(['iat', 'exp', 'nbf', 'auth_time', 'updated_at', 'session_expiry']);

/** Who, about whom, for whom, what: then the rest, then the times. */
const claimOrder = ['iss', 'sub', 'aud', 'client_id', 'resource', 'scope'];

function tokenRows(name: string, token: DecodedToken, at: number): HopRow[] {
  const header = Object.entries(token.header)
    .map(([key, value]) => `${key} ${key === 'kid' ? shortened(plain(value)) : plain(value)}`)
    .join('  ');
  const claims = Object.entries(token.claims)
    .filter(([key]) => !hiddenClaims.has(key))
    .toSorted(([a], [b]) => rankOf(a) - rankOf(b));
  const rows = claims.map(([key, value]) => ({
    label: key,
    value: plain(value),
    note: instants.has(key) ? instantNote(value, at) : undefined,
  }));
  return [{ label: name, value: header, isHeading: true }, ...rows];
}

/** Enough of a key id to tell two apart. */
function shortened(kid: string): string {
  return kid.length <= 8 ? kid : `${kid.slice(0, 8)}…`;
}

function rankOf(claim: string): number {
  const place = claimOrder.indexOf(claim);
  if (place !== -1) return place;
  return claimOrder.length + (instants.has(claim) ? 1 : 0);
}

function resultRows(hop: Hop): HopRow[] {
  if (hop.result === undefined) return [];
  return resultLines(hop.result).map((value, index) => ({ label: index === 0 ? 'result' : '', value }));
}

/** The text of a tool's answer, a line each; other content as JSON. */
export function resultLines(result: unknown): readonly string[] {
  const parts = Array.isArray(result) ? (result as { type?: string; text?: string }[]) : [];
  const text =
    parts.length > 0 && parts.every((part) => part.type === 'text')
      ? parts.map((part) => part.text).join('\n')
      : JSON.stringify(result, null, 2);
  const lines = text.split('\n').map((line) => withoutControls(line).slice(0, 200));
  return lines.length <= 12 ? lines : [...lines.slice(0, 11), `… ${lines.length - 11} more lines`];
}

function plain(value: unknown): string {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  const text = isList ? value.join(' ') : typeof value === 'string' ? value : JSON.stringify(value);
  return withoutControls(text).slice(0, 200);
}

/** Text from a server is data: nothing in it may move the cursor or hide what follows. */
function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '·');
}
