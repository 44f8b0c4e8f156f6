import { type AdminRole, type Reach, type Right, reachOf } from './roles.ts';

/** Who calls the admin API: what an admin token stands for. */
export interface Admin {
  /** The id of the token; the token itself is nowhere. */
  readonly tokenId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly role: AdminRole;
  /** Ids of the apps an app owner is limited to. */
  readonly clientApps: readonly string[];
  readonly resourceApps: readonly string[];
  readonly expiresAt: number;
}

/** Which objects an administrator sees and touches. */
export type Scope = { readonly kind: 'all' } | OwnApps;

export interface OwnApps {
  readonly kind: 'own';
  readonly clientApps: readonly string[];
  readonly resourceApps: readonly string[];
}

/** What a right lets an administrator reach; undefined when their role does not have it. */
export function scopeOf(admin: Admin, right: Right): Scope | undefined {
  const reach: Reach | undefined = reachOf(admin.role, right);
  if (reach === undefined) return undefined;
  if (reach === 'all') return { kind: 'all' };
  return { kind: 'own', clientApps: admin.clientApps, resourceApps: admin.resourceApps };
}

export interface ConnectionEndIds {
  readonly clientAppId: string;
  readonly resourceAppId: string;
}

/** A connection is seen, and may be stopped, from either end. */
export function hasOneEnd(scope: Scope, { clientAppId, resourceAppId }: ConnectionEndIds): boolean {
  return scope.kind === 'all' || scope.clientApps.includes(clientAppId) || scope.resourceApps.includes(resourceAppId);
}

/** What opens access needs the right on both ends. */
export function hasBothEnds(scope: Scope, { clientAppId, resourceAppId }: ConnectionEndIds): boolean {
  return scope.kind === 'all' || (scope.clientApps.includes(clientAppId) && scope.resourceApps.includes(resourceAppId)); // LES-67
}
