import type { ResolvedClient } from '@crossgrant/platform';
import type { FormParameters } from '@crossgrant/protocol';
import { parseCompactJws, verifyJws } from '@crossgrant/protocol/jws';
import type { ResourceClient, ResourceDirectory } from '../../directory/resource-directory.ts';

/**
 * A client of a metadata document, once that was read. The document says how the client proves itself, and which grants it
 * uses where no administrator registered it; ceiling, customer and state stay what was decided here.
 *
 * draft-ietf-oauth-client-id-metadata-document §4, §6.
 */
export function describedClient(client: ResourceClient, document: ResolvedClient): ResourceClient {
  const { assertionKeys: keys, authMethod } = document;
  return {
    ...client,
    name: document.name,
    authMethods: authMethod === 'none' ? [] : [authMethod], // CID-08
    verifySecret: undefined,
    assertions: keys === undefined ? undefined : { keys, tokenEndpointAudience: false },
    grantTypes: client.document === 'registered' ? client.grantTypes : document.grantTypes,
  };
}

/**
 * Whether the ID-JAG of this very request was signed, for this client, by an issuer whose every client is welcome. Asked
 * before anything of an unknown client is fetched: whoever has no such ID-JAG cannot make this server call anywhere.
 */
export async function isVouchedFor(
  clientId: string,
  form: FormParameters,
  directory: ResourceDirectory,
): Promise<boolean> {
  const parsed = parseCompactJws(form.get('assertion') ?? '');
  if (!parsed.ok) return false;
  const { iss, client_id: named } = parsed.value.payload;
  const trusted = typeof iss === 'string' ? directory.trustedIssuer(iss) : undefined;
  if (trusted?.state !== 'active' || trusted.clients !== 'vouched') return false; // CID-10
  const { kid, alg } = parsed.value.header;
  const keys = await trusted.keys.find(typeof kid === 'string' ? kid : undefined, String(alg));
  return verifyJws(parsed.value, keys, trusted.algorithms).ok && named === clientId; // CID-10
}
