import { ensureGroup } from '@crossgrant/identity';
import type { PolicyChange } from '../../commands/change.ts';
import { type Outcome, problem } from '../domain/problem.ts';
import { findGroupView, findPersonView, type GroupView, type PersonView } from '../queries/people.ts';
import { type Act, type AdminDeps, changeObject, Refused } from './change-object.ts';

export function createGroup(deps: AdminDeps, act: Act, name: string): Promise<Outcome<GroupView>> {
  const { tenantId } = deps;
  return changeObject<GroupView>(deps, act, {
    audited: ['name'],
    read: (trx, id) => findGroupView(trx, tenantId, id),
    code: 'group/added',
    write: async (trx, _before, { now, epoch }) => {
      const taken = await trx
        .selectFrom('groups')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('name', '=', name)
        .executeTakeFirst();
      if (taken !== undefined) throw new Refused(problem('admin/conflict', { detail: 'Another group has this name.' }));
      return ensureGroup(trx as never, { tenantId, name, now, epoch });
    },
  });
}

export interface Membership {
  readonly groupId: string;
  readonly personId: string;
  readonly isMember: boolean;
}

/** Puts a person into a group, or takes them out. Rules for the group concern them from the next decision on. */
export function setMembership(
  deps: AdminDeps,
  act: Act,
  { groupId, personId, isMember }: Membership,
): Promise<Outcome<PersonView>> {
  const { tenantId } = deps;
  return changeObject<PersonView>(deps, act, {
    audited: ['groups'],
    read: (trx, id) => findPersonView(trx, tenantId, id),
    code: isMember ? 'group/member-added' : 'group/member-removed',
    id: personId,
    write: async (trx, _before, { epoch }) => {
      if ((await findGroupView(trx, tenantId, groupId)) === undefined) throw new Refused(problem('admin/not-found'));
      if (isMember) await join(trx, { tenantId, groupId, personId, epoch });
      else
        await trx
          .deleteFrom('group_members')
          .where('tenant_id', '=', tenantId)
          .where('group_id', '=', groupId)
          .where('user_id', '=', personId)
          .execute();
      await trx
        .updateTable('users')
        .set({ version: epoch })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', personId)
        .execute();
      return personId;
    },
  });
}

async function join(
  trx: PolicyChange,
  { tenantId, groupId, personId, epoch }: { tenantId: string; groupId: string; personId: string; epoch: number },
): Promise<void> {
  await trx
    .insertInto('group_members')
    .values({ tenant_id: tenantId, group_id: groupId, user_id: personId, version: epoch })
    .onConflict((conflict) => conflict.columns(['group_id', 'user_id']).doNothing())
    .execute();
}
