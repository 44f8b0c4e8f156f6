import type { AuditEntry } from '@crossgrant/platform';
import { type JsonObject, newId } from '@crossgrant/protocol';

/** The audit row of something that a configuration created or changed. */
export function configurationEntry(scope: string, at: number, table: string, facts: JsonObject): AuditEntry {
  return {
    id: newId('aud', at),
    scope,
    at,
    kind: 'change',
    outcome: 'done',
    code: `configuration/${table}`,
    facts,
    personal: { person: 'configuration' },
  };
}
