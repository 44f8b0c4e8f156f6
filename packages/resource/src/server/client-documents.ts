import {
  type ClientKeysChanged,
  type ClientMetadataResolver,
  createClientMetadataResolver,
  type GuardedFetch,
} from '@crossgrant/platform';
import { type Clock, newId } from '@crossgrant/protocol';
import type { ResourceStore } from '../store/resource-store.ts';
import type { FaultLog } from './resource-authorization-server.ts';

export interface ClientDocumentDeps {
  readonly store: ResourceStore;
  readonly auditScope: string;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly development: boolean;
  readonly log?: FaultLog;
}

/** Reads the metadata documents of clients. Other keys than before stand in the audit: they may not be the client's. */
export function openClientDocuments(deps: ClientDocumentDeps): ClientMetadataResolver {
  const { fetch, clock, development } = deps;
  return createClientMetadataResolver({
    fetch,
    clock,
    development,
    onKeysChanged: (change) => void recordKeyChange(change, deps),
  });
}

async function recordKeyChange(change: ClientKeysChanged, deps: ClientDocumentDeps): Promise<void> {
  const { store, auditScope, clock, log } = deps;
  const at = clock();
  const { clientId: client, added, removed } = change;
  const facts = { added: [...added], removed: [...removed] };
  const code = 'client-metadata/keys-changed';
  const entry = { id: newId('aud', at), scope: auditScope, at, kind: 'change', outcome: 'done', code } as const;
  await store
    .appendAudit({ ...entry, client, facts }) // CID-09, ATK-58
    .catch((error: unknown) => log?.error({ err: error, client }, 'a change of keys was not recorded'));
}
