import type { JsonObject } from '@crossgrant/protocol';
import { redactedJson } from '../log/redact.ts';
import { cleanText, escapeUnsafe, isCleanText } from './clean-text.ts';

export type AuditKind = 'exchange' | 'redemption' | 'sign_on' | 'sign_out' | 'change' | 'client_authentication';
export type AuditOutcome = 'allow' | 'deny' | 'step_up' | 'refused' | 'done';

/** What identifies a person. It is stored apart, so that it can be erased while the chain still verifies. */
export interface AuditPersonal {
  readonly person: string;
  readonly username?: string;
  readonly email?: string;
  readonly address?: string;
}

/** One decision or administrative act. `id` is at once decision id, correlation id and the id shown to the caller. */
export interface AuditEntry {
  readonly id: string;
  readonly scope: string;
  readonly at: number;
  readonly kind: AuditKind;
  readonly outcome: AuditOutcome;
  readonly code?: string;
  readonly client?: string;
  readonly audience?: string;
  readonly resource?: string;
  readonly scopesRequested?: string;
  readonly scopesGranted?: string;
  readonly ruleIds?: readonly string[];
  readonly jti?: string;
  readonly facts?: JsonObject;
  readonly personal?: AuditPersonal;
}

/** The columns of an entry, cleaned: an allow-list, so that nothing else of a request can reach the log. */
export interface AuditColumns {
  readonly id: string;
  readonly scope: string;
  readonly at: number;
  readonly kind: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly client: string | null;
  readonly audience: string | null;
  readonly resource: string | null;
  readonly scopes_requested: string | null;
  readonly scopes_granted: string | null;
  readonly rule_ids: string | null;
  readonly jti: string | null;
  readonly facts: string | null;
  readonly personal: PersonalColumns | null;
}

export interface PersonalColumns {
  readonly person: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly address: string | null;
}

/** Turns an entry into columns. Tokens, control characters and overlong text do not pass. */
export function auditColumns(entry: AuditEntry): AuditColumns {
  const clean = isCleanEntry(entry) ? asItIs : cleanText;
  const optional = (text: string | undefined): string | null => (text === undefined ? null : clean(text));
  return {
    id: clean(entry.id, 128),
    scope: clean(entry.scope, 256),
    at: Math.trunc(entry.at),
    kind: entry.kind,
    outcome: entry.outcome,
    code: optional(entry.code),
    client: optional(entry.client),
    audience: optional(entry.audience),
    resource: optional(entry.resource),
    scopes_requested: optional(entry.scopesRequested),
    scopes_granted: optional(entry.scopesGranted),
    rule_ids: entry.ruleIds === undefined ? null : json(entry.ruleIds),
    jti: optional(entry.jti),
    facts: entry.facts === undefined ? null : json(entry.facts),
    personal: entry.personal === undefined ? null : personalColumns(entry.personal, clean),
  };
}

type Clean = (text: string, limit?: number) => string;

const factsLimit = 16_384;
/** No column is longer than this without being cut. */
const shortestLimit = 128;

/** Nearly every entry is: one look at all its texts in a row costs a tenth of a look at each of them. */
function isCleanEntry({ id, scope, personal, ...rest }: AuditEntry): boolean {
  const texts = [id, scope, rest.code, rest.client, rest.audience, rest.resource, rest.scopesRequested];
  texts.push(rest.scopesGranted, rest.jti, personal?.person, personal?.username, personal?.email, personal?.address);
  return texts.every((text) => text === undefined || text.length <= shortestLimit) && isCleanText(texts.join(' '));
}

function asItIs(text: string): string {
  return text;
}

function personalColumns(personal: AuditPersonal, clean: Clean): PersonalColumns {
  const optional = (text: string | undefined): string | null => (text === undefined ? null : clean(text));
  return {
    person: clean(personal.person, 256),
    username: optional(personal.username),
    email: optional(personal.email),
    address: optional(personal.address),
  };
}

function json(value: unknown): string {
  const text = escapeUnsafe(redactedJson(value));
  return text.length <= factsLimit ? text : JSON.stringify({ truncated: true, characters: text.length });
}
