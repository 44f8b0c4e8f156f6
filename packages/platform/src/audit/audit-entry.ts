import type { JsonObject } from '@crossgrant/protocol';
import { redactValue } from '../log/redact.ts';
import { cleanText, escapeUnsafe } from './clean-text.ts';

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
  return {
    id: cleanText(entry.id, 128),
    scope: cleanText(entry.scope, 256),
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
    personal: entry.personal === undefined ? null : personalColumns(entry.personal),
  };
}

const factsLimit = 16_384;

function personalColumns(personal: AuditPersonal): PersonalColumns {
  return {
    person: cleanText(personal.person, 256),
    username: optional(personal.username),
    email: optional(personal.email),
    address: optional(personal.address),
  };
}

function optional(text: string | undefined): string | null {
  return text === undefined ? null : cleanText(text);
}

function json(value: unknown): string {
  const text = escapeUnsafe(JSON.stringify(redactValue(value)));
  return text.length <= factsLimit ? text : JSON.stringify({ truncated: true, characters: text.length });
}
