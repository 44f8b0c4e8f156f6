import { writeTenantWatermark } from '../../commands/tenant.ts';
import { optionalInstant } from '../domain/instant.ts';
import { invalid, type Outcome } from '../domain/problem.ts';
import { type Act, type AdminDeps, changeObject, Refused } from './change-object.ts';

export interface TenantView {
  readonly id: string;
  readonly name: string;
  /** Nothing that was authenticated before this instant counts, for anybody. */
  readonly accessEndedAt: string | null;
}

/** Ends the access of everybody. Whoever asks types the name of the tenant, since nothing brings sessions back. */
export function endAccessOfEverybody(deps: AdminDeps, act: Act, typedName: string): Promise<Outcome<TenantView>> {
  const { tenantId, tenantName } = deps;
  return changeObject<TenantView>(deps, act, {
    audited: ['accessEndedAt'],
    code: 'tenant/revoked',
    id: tenantId,
    read: async (trx, id) => {
      const row = await trx
        .selectFrom('tenant_policy')
        .select('revoked_before')
        .where('tenant_id', '=', id)
        .executeTakeFirst();
      return { id, name: tenantName, accessEndedAt: optionalInstant(row?.revoked_before ?? null) };
    },
    write: async (trx, _before, { now, epoch }) => {
      if (typedName !== tenantName) throw new Refused(invalid('confirm', 'must be the name of the tenant.'));
      await writeTenantWatermark(trx, { tenantId, epoch, nowMs: now });
      return tenantId;
    },
  });
}
