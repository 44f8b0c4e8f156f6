import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { IdpConfig } from '../config.ts';
import type { IdpDatabase } from './schema.ts';

/** What ID tokens are signed with; a client app chooses between them. */
const always: readonly SignatureAlgorithm[] = ['RS256', 'ES256'];

/**
 * The algorithms this IdP needs a key of: those of ID tokens, and those that a resource app is stored or about to be
 * stored with. Opened before the policy is written, so that no replica learns of an app that it has no key for.
 */
export async function neededAlgorithms(
  { kysely }: IdpDatabase,
  tenantId: string,
  { policy }: Pick<IdpConfig, 'policy'>,
): Promise<readonly SignatureAlgorithm[]> {
  const stored = await kysely
    .selectFrom('resource_apps')
    .select('signing_algorithm')
    .distinct()
    .where('tenant_id', '=', tenantId)
    .execute();
  const wanted = (policy?.resourceApps ?? []).flatMap(({ signingAlgorithm }) => signingAlgorithm ?? []);
  return [...new Set([...always, ...stored.map((row) => row.signing_algorithm), ...wanted])];
}
