import type { AuditKind } from '@crossgrant/platform';
import type { SignOnDeps } from './deps.ts';

/** A refusal of a caller who proved nothing. */
export interface Unproven {
  readonly id: string;
  readonly kind: AuditKind;
  readonly code: string;
  readonly client: string | undefined;
  readonly address: string;
}

/**
 * Puts it on record: in the log under its id, and counted where a counter is given, so that a flood of junk does not
 * become a flood of audit rows.
 */
export async function recordUnproven(deps: SignOnDeps, refused: Unproven): Promise<void> {
  const { id, kind, code, client, address } = refused;
  const scope = deps.tenantId;
  deps.log.info({ id, reason: code, client, address }, 'an unproven caller was refused');
  if (deps.anonymous !== undefined) return deps.anonymous.count({ scope, kind, code, address });
  const personal = { person: '', address };
  await deps.database.commits.audit({ id, scope, at: deps.clock(), kind, outcome: 'refused', code, client, personal });
}
