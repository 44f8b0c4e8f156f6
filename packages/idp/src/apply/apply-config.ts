import { type IdentityDatabase, upsertClientApp, upsertPerson } from '@crossgrant/identity';
import type { ClientAppConfig, IdpConfig } from '../config.ts';
import type { ApplyDeps } from './apply-deps.ts';
import { applyPolicy } from './apply-policy.ts';

/**
 * Brings people, client apps and policy to what the configuration says, by stable key. Nothing is ever deleted, and
 * what did not change is not written, so that a restart disturbs nobody.
 */
export async function applyConfig(deps: ApplyDeps, config: IdpConfig): Promise<void> {
  const database: IdentityDatabase = deps.database;

  for (const person of config.people ?? []) {
    await upsertPerson(database, deps.tenantId, person, deps.clock());
  }
  for (const app of config.policy?.clientApps ?? []) {
    await upsertClientApp(database, deps.tenantId, clientAppInput(app), {
      secretBox: deps.secretBox,
      now: deps.clock(),
      documents: config.clientMetadataDocuments === true ? { allowHttpLoopback: config.development } : undefined,
    });
  }
  await applyPolicy(deps, config.policy ?? {});
}

function clientAppInput({
  id,
  auth,
  idTokenSignedResponseAlg,
  ...app
}: ClientAppConfig): Parameters<typeof upsertClientApp>[2] {
  return {
    ...app,
    clientId: id,
    tokenEndpointAuthMethods: auth?.methods,
    secrets: auth?.secret === undefined ? undefined : [auth.secret],
    keys: auth?.keys,
    tokenEndpointAudience: auth?.tokenEndpointAudience,
    idTokenAlgorithm: idTokenSignedResponseAlg,
  };
}
