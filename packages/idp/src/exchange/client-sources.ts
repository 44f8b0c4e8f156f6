import { type ClientKeys, createClientKeys, createDescribeClient, type DescribeClient } from '@crossgrant/identity';
import { type ClientKeysChanged, createClientMetadataResolver, createGuardedFetch } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import type { IdpConfig } from '../config.ts';
import type { ExchangeDeps } from './deps.ts';

/** What is read from client apps themselves: their published keys and their metadata documents. Sign-on and exchange share it. */
export interface ClientSources {
  readonly clientKeys: ClientKeys;
  readonly describeClient: DescribeClient;
}

export function openClientSources(
  { development, clientMetadataDocuments }: Pick<IdpConfig, 'development' | 'clientMetadataDocuments'>,
  deps: Pick<ExchangeDeps, 'clock' | 'log' | 'database' | 'tenantId'>,
): ClientSources {
  const { clock, log } = deps;
  const fetch = createGuardedFetch({ development });
  const resolver =
    clientMetadataDocuments === true
      ? createClientMetadataResolver({
          fetch,
          clock,
          development,
          onKeysChanged: (change) => void recordKeyChange(change, deps),
          onProblem: (client, problem) => log.warn({ client, problem }, 'a metadata document was not taken'),
        })
      : undefined;
  return {
    clientKeys: createClientKeys({
      fetch,
      clock,
      onAlert: (alert) => log.warn({ alert }, 'the keys of a client app need attention'),
    }),
    describeClient: createDescribeClient(resolver),
  };
}

/** Keys that are not the client's own look just like a rotation: the change stands in the audit, for somebody to ask. */
async function recordKeyChange(
  { clientId, added, removed }: ClientKeysChanged,
  { database, tenantId, clock, log }: Pick<ExchangeDeps, 'clock' | 'log' | 'database' | 'tenantId'>,
): Promise<void> {
  const at = clock();
  const facts = { added: [...added], removed: [...removed] };
  const code = 'client-metadata/keys-changed';
  const entry = { id: newId('aud', at), scope: tenantId, at, kind: 'change', outcome: 'done', code } as const;
  log.warn({ client: clientId, ...facts }, 'the keys of a client are other ones than before');
  await database.commits
    .audit({ ...entry, client: clientId, facts }) // CID-09, ATK-58
    .catch((error: unknown) => log.error({ err: error, client: clientId }, 'a change of keys was not recorded'));
}
