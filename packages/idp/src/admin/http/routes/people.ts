import { z } from '@hono/zod-openapi';
import { createGroup, setMembership } from '../../commands/groups.ts';
import { createPerson, endAccessOfPerson, endOneSession, setPerson, updatePerson } from '../../commands/people.ts';
import { problem } from '../../domain/problem.ts';
import {
  findGroupView,
  findPersonView,
  listGroupViews,
  listPersonViews,
  listSessionViews,
} from '../../queries/people.ts';
import { type AdminRoute, found, listRoute, route, shown } from '../route.ts';
import * as input from '../schemas.ts';
import * as view from '../views.ts';

export function peopleRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/people',
      name: 'listPeople',
      summary: 'People.',
      right: 'people.read',
      filters: {
        q: input.textFilter.optional(),
        state: z.enum(['active', 'disabled']).optional(),
        group: input.objectId.optional(),
      },
      item: view.person,
      keyTypes: ['text'],
      list: ({ deps, query }, page) => listPersonViews(deps.database.kysely, deps.tenantId, { filter: query, page }),
    }),
    route({
      method: 'post',
      path: '/people',
      name: 'createPerson',
      summary: 'Makes a person.',
      right: 'people.write',
      body: input.newPerson,
      status: 201,
      answer: view.person,
      handle: async ({ deps, act, body: { reason: _reason, ...person } }) =>
        shown(await createPerson(deps, act, person), 201),
    }),
    route({
      method: 'get',
      path: '/people/{id}',
      name: 'getPerson',
      summary: 'One person.',
      right: 'people.read',
      answer: view.person,
      handle: async ({ deps, path: { id = '' } }) =>
        found(await findPersonView(deps.database.kysely, deps.tenantId, id)),
    }),
    route({
      method: 'patch',
      path: '/people/{id}',
      name: 'updatePerson',
      summary: 'Changes a person. `groups` replaces the list; groups are made when missing.',
      right: 'people.write',
      body: input.personPatch,
      ifMatch: 'required',
      answer: view.person,
      handle: async ({ deps, act, path: { id = '' }, body: { reason: _reason, ...patch } }) =>
        shown(await updatePerson(deps, act, id, patch)),
    }),
    ...(['active', 'disabled'] as const).map((state) =>
      route({
        method: 'post',
        path: `/people/{id}/${state === 'active' ? 'enable' : 'disable'}`,
        name: state === 'active' ? 'enablePerson' : 'disablePerson',
        summary:
          state === 'active' ? 'Lets a person sign on again.' : 'Disables a person and ends every session of theirs.',
        right: 'people.write',
        body: input.because,
        ifMatch: 'optional',
        answer: view.person,
        handle: async ({ deps, act, path: { id = '' } }) => shown(await setPerson(deps, act, id, state)),
      }),
    ),
    route({
      method: 'post',
      path: '/people/{id}/end-access',
      name: 'endAccessOfPerson',
      summary: 'Ends every session of a person and what rests on them. They may sign on again.',
      right: 'people.stop',
      body: input.becauseRequired,
      answer: view.person,
      handle: async ({ deps, act, path: { id = '' } }) => shown(await endAccessOfPerson(deps, act, id)),
    }),
    listRoute({
      path: '/people/{id}/sessions',
      name: 'listSessionsOfPerson',
      summary: 'Sessions of a person: one for each client app in each browser.',
      right: 'people.read',
      filters: {},
      item: view.session,
      keyTypes: ['text'],
      async list({ deps: { database, tenantId }, path: { id = '' } }, page) {
        const person = await findPersonView(database.kysely, tenantId, id);
        if (person === undefined) return problem('admin/not-found'); // LES-38
        return listSessionViews(database.kysely, tenantId, { userId: id, page });
      },
    }),
    route({
      method: 'post',
      path: '/sessions/{sid}/end',
      name: 'endSession',
      summary: 'Ends one session.',
      right: 'people.stop',
      body: input.because,
      answer: view.session,
      handle: async ({ deps, act, path: { sid = '' } }) => shown(await endOneSession(deps, act, sid)),
    }),
  ];
}

export function groupRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/groups',
      name: 'listGroups',
      summary: 'Groups. Who is in one: `GET /people?group=…`.',
      right: 'people.read',
      filters: { q: input.textFilter.optional() },
      item: view.group,
      keyTypes: ['text'],
      list: ({ deps, query }, page) => listGroupViews(deps.database.kysely, deps.tenantId, { q: query.q, page }),
    }),
    route({
      method: 'post',
      path: '/groups',
      name: 'createGroup',
      summary: 'Makes a group.',
      right: 'people.write',
      body: z.strictObject({ name: input.name, reason: input.reason.optional() }).openapi('NewGroup'),
      status: 201,
      answer: view.group,
      handle: async ({ deps, act, body }) => shown(await createGroup(deps, act, body.name), 201),
    }),
    route({
      method: 'get',
      path: '/groups/{id}',
      name: 'getGroup',
      summary: 'One group.',
      right: 'people.read',
      answer: view.group,
      handle: async ({ deps, path: { id = '' } }) =>
        found(await findGroupView(deps.database.kysely, deps.tenantId, id)),
    }),
    route({
      method: 'post',
      path: '/groups/{id}/members',
      name: 'addGroupMember',
      summary: 'Puts a person into a group.',
      right: 'people.write',
      body: z.strictObject({ person: input.objectId, reason: input.reason.optional() }).openapi('NewMember'),
      answer: view.person,
      handle: async ({ deps, act, path: { id = '' }, body }) =>
        shown(await setMembership(deps, act, { groupId: id, personId: body.person, isMember: true })),
    }),
    route({
      method: 'delete',
      path: '/groups/{id}/members/{person}',
      name: 'removeGroupMember',
      summary: 'Takes a person out of a group.',
      right: 'people.write',
      answer: view.person,
      handle: async ({ deps, act, path: { id = '', person = '' } }) =>
        shown(await setMembership(deps, act, { groupId: id, personId: person, isMember: false })),
    }),
  ];
}
