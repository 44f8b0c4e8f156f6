import { Misuse } from '@crossgrant/platform';
import { type ClientMetadataOptions, looksLikeMetadataUrl, parseClientMetadataUrl } from '@crossgrant/protocol';
import type { ResourceClient } from './resource-directory.ts';
import type { ClientDocumentSettings } from './settings.ts';

export interface DocumentPolicy extends ClientMetadataOptions {
  readonly domains: readonly string[];
  readonly publicClients: boolean;
}

/**
 * The client of a metadata document that nobody registered: of an approved domain, or unapproved, and then good for
 * nothing but being vouched for. What it may do is read later, from its document.
 */
export function documentClient(clientId: string, policy: DocumentPolicy | undefined): ResourceClient | undefined {
  if (policy === undefined || !parseClientMetadataUrl(clientId, policy).ok) return undefined; // CID-12
  const isApproved = policy.domains.some((domain) => isOfDomain(new URL(clientId).hostname, domain));
  const document = isApproved ? 'domain' : 'unapproved';
  return { clientId, authMethods: [], grantTypes: [], dpopRequired: false, state: 'active', document };
}

/** A registered client, marked where it describes itself; while documents are off, such a client is none. */
export function withDocument(client: ResourceClient, policy: DocumentPolicy | undefined): ResourceClient | undefined {
  if (!looksLikeMetadataUrl(client.clientId)) return client;
  return policy === undefined ? undefined : { ...client, document: 'registered' };
}

/** A plain name counts for itself alone; `*.` for what is below it and not for itself. */
function isOfDomain(host: string, domain: string): boolean {
  return domain.startsWith('*.') ? host.endsWith(domain.slice(1)) : host === domain; // CID-10
}

/** The policy as it is configured; undefined while documents are off. */
export function documentPolicyOf(
  settings: ClientDocumentSettings | undefined,
  development: boolean,
): DocumentPolicy | undefined {
  if (settings === undefined) return undefined;
  const domains = settings.domains ?? [];
  for (const domain of domains) {
    if (!/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain))
      throw new Misuse(
        'client/domain',
        `${JSON.stringify(domain)} is no host name in lower case, such as agent.example or *.agent.example.`,
      );
  }
  return { domains, publicClients: settings.publicClients === true, allowHttpLoopback: development };
}
