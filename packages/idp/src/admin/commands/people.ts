import { newPasswordHash, normalizeLoginIdentifier, type PersonInput, writePerson } from '@crossgrant/identity';
import type { PolicyChange } from '../../commands/change.ts';
import { writePersonState, writePersonWatermark, writeSessionEnd } from '../../commands/people.ts';
import { type Outcome, problem } from '../domain/problem.ts';
import { findPersonView, findSessionView, type PersonView, type SessionView } from '../queries/people.ts';
import { type Act, type AdminDeps, changeObject, Refused } from './change-object.ts';

export type NewPerson = Omit<PersonInput, 'state'>;
export type PersonPatch = Partial<Omit<NewPerson, 'username' | 'password'>>;

/** Names and addresses are the person's own: they stay out of the chain, so that they can be erased. */
const audited = ['emailVerified', 'groups', 'state', 'hasPassword', 'accessEndedAt'] as const;

export async function createPerson(deps: AdminDeps, act: Act, person: NewPerson): Promise<Outcome<PersonView>> {
  const passwordHash = await newPasswordHash(person);
  const { tenantId } = deps;
  return changeObject(deps, act, {
    ...object(deps),
    code: 'person/added',
    write: async (trx, _before, { now, epoch }) => {
      const identifiers = [person.username, person.email ?? ''].map((name) => normalizeLoginIdentifier(name) ?? '');
      const taken = await trx
        .selectFrom('login_identifiers')
        .select('user_id')
        .where('tenant_id', '=', tenantId)
        .where('identifier', 'in', identifiers)
        .executeTakeFirst();
      if (taken !== undefined)
        throw new Refused(problem('admin/conflict', { detail: 'Somebody signs on with this name or address.' }));
      const written = await writePerson(trx as never, { tenantId, input: person, passwordHash, now, epoch });
      return written.id;
    },
  });
}

export function updatePerson(deps: AdminDeps, act: Act, id: string, patch: PersonPatch): Promise<Outcome<PersonView>> {
  const { tenantId } = deps;
  return changeObject(deps, act, {
    ...object(deps),
    code: 'person/changed',
    id,
    write: async (trx, before, { now, epoch }) => {
      const input = { ...patch, username: before?.username ?? '' };
      await writePerson(trx as never, { tenantId, input, passwordHash: undefined, now, epoch });
      return id;
    },
  });
}

export function setPerson(
  deps: AdminDeps,
  act: Act,
  id: string,
  state: 'active' | 'disabled',
): Promise<Outcome<PersonView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: `person/${state}`,
    id,
    write: async (trx, _before, { now, epoch }) => {
      await writePersonState(trx, { tenantId: deps.tenantId, userId: id, state, epoch, nowMs: now });
      return id;
    },
  });
}

/** Ends every session of a person and whatever was authenticated up to now; they may sign on again. */
export function endAccessOfPerson(deps: AdminDeps, act: Act, id: string): Promise<Outcome<PersonView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: 'person/revoked',
    id,
    write: async (trx, _before, { now, epoch }) => {
      await writePersonWatermark(trx, { tenantId: deps.tenantId, userId: id, epoch, nowMs: now });
      return id;
    },
  });
}

/** Ends one session. One that ended already is left as it is. */
export function endOneSession(deps: AdminDeps, act: Act, sid: string): Promise<Outcome<SessionView>> {
  const { tenantId } = deps;
  return changeObject<SessionView>(deps, act, {
    audited: ['client', 'person', 'endedAt'],
    read: (trx, id) => findSessionView(trx, tenantId, id),
    code: 'session/ended',
    id: sid,
    write: async (trx, _before, { now, epoch }) => {
      await writeSessionEnd(trx, { tenantId, sid, epoch, nowMs: now });
      return sid;
    },
  });
}

function object({ tenantId }: AdminDeps): {
  audited: typeof audited;
  read(trx: PolicyChange, id: string): Promise<PersonView | undefined>;
} {
  return { audited, read: (trx, id) => findPersonView(trx, tenantId, id) };
}
