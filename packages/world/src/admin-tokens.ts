import type { AdminRole, NewAdminToken } from '@crossgrant/idp';
import { WorldMistakes } from './mistakes.ts';
import { checkSecrets } from './readiness.ts';
import type { World } from './schema/world.ts';
import { toIdpConfig } from './server-configs.ts';

export interface AdminTokenRequest {
  readonly name: string;
  readonly role: string;
  /** `90d`, `12h` or `1y`. */
  readonly expires: string;
  readonly clientApps: readonly string[];
  readonly resourceApps: readonly string[];
}

/** What a command says when it was asked for something that cannot be. */
export class CommandMistake extends Error {
  override readonly name = 'CommandMistake';
}

/**
 * Makes an admin token in the database of this world's IdP, whether it runs or not. Whoever reaches the database may do
 * this; the admin API itself makes no tokens.
 */
export async function makeAdminToken(
  world: World,
  worldFile: string,
  request: AdminTokenRequest,
): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: number }> {
  if (world.idp === undefined)
    throw new WorldMistakes(worldFile, ['There is no idp section, so there is no admin API.']);
  const problems = checkSecrets(world, ([section, field]) => section === 'idp' && field === 'database');
  if (problems.length > 0) throw new WorldMistakes(worldFile, problems);
  const idp = await import('@crossgrant/idp');
  const { Misuse } = await import('@crossgrant/platform');
  const role = idp.adminRoles.find((known: AdminRole) => known === request.role);
  if (role === undefined) throw new CommandMistake(`--role must be one of ${idp.adminRoles.join(', ')}.`);
  const lifetimeMs = idp.readLifetime(request.expires);
  if (lifetimeMs === undefined)
    throw new CommandMistake('--expires must be a time such as 12h, 90d or 1y, and at most a year.');
  const { clientApps, resourceApps, name } = request;
  const input: NewAdminToken = { name, role, lifetimeMs, clientApps, resourceApps };
  try {
    return await idp.addAdminToken(databaseOf(world), input);
  } catch (error) {
    if (error instanceof Misuse) throw new CommandMistake(error.message);
    throw error;
  }
}

function databaseOf(world: World): { readonly issuer: string; readonly url: string; readonly tenantName: string } {
  const { issuer, database, tenant } = toIdpConfig({
    ...world,
    policy: undefined,
    idp: world.idp && { ...world.idp, people: [] },
  });
  return { issuer, url: database, tenantName: tenant?.name ?? 'default' };
}
