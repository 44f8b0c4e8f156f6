import { z } from '@hono/zod-openapi';
import {
  createClientApp,
  rotateSecret,
  setClientApp,
  updateClientApp,
  type WithSecret,
} from '../../commands/client-apps.ts';
import { createResourceApp, setResourceApp, updateResourceApp } from '../../commands/resource-apps.ts';
import type { Scope } from '../../domain/admin.ts';
import { etagOf } from '../../domain/etag.ts';
import { type Outcome, problem } from '../../domain/problem.ts';
import { appOwnerFields } from '../../domain/roles.ts';
import { findClientAppView, listClientAppViews } from '../../queries/client-apps.ts';
import { findResourceAppView, listResourceAppViews } from '../../queries/resource-apps.ts';
import { type AdminCall, type AdminRoute, type Answer, found, listRoute, route, shown } from '../route.ts';
import * as input from '../schemas.ts';
import * as view from '../views.ts';

export function clientAppRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/client-apps',
      name: 'listClientApps',
      summary: 'Client apps.',
      right: 'policy.read',
      filters: { q: input.textFilter.optional(), state: z.enum(['active', 'blocked']).optional() },
      item: view.clientApp,
      keyTypes: ['text'],
      list: ({ deps, scope, query }, page) =>
        listClientAppViews(deps.database.kysely, deps.tenantId, { filter: query, scope, page }),
    }),
    route({
      method: 'post',
      path: '/client-apps',
      name: 'createClientApp',
      summary: 'Makes a client app. Its secret is in this answer and nowhere else.',
      right: 'apps.create',
      body: input.newClientApp,
      status: 201,
      answer: view.clientAppWithSecret,
      handle: async ({ deps, act, body: { reason: _reason, ...app } }) =>
        withSecret(await createClientApp(deps, act, app), 201),
    }),
    route({
      method: 'get',
      path: '/client-apps/{id}',
      name: 'getClientApp',
      summary: 'One client app.',
      right: 'policy.read',
      answer: view.clientApp,
      handle: (call) =>
        ofClientApp(call, async (id) =>
          found(await findClientAppView(call.deps.database.kysely, call.deps.tenantId, id)),
        ),
    }),
    route({
      method: 'patch',
      path: '/client-apps/{id}',
      name: 'updateClientApp',
      summary: 'Changes a client app.',
      right: 'policy.write',
      body: input.clientAppPatch,
      ifMatch: 'required',
      answer: view.clientApp,
      handle: (call) =>
        ofClientApp(call, async (id) => {
          const { reason: _reason, ...patch } = call.body;
          if (!isOwnField(call.scope, appOwnerFields.clientApp, patch)) return problem('admin/forbidden'); // LES-67
          return shown(await updateClientApp(call.deps, call.act, id, patch));
        }),
    }),
    ...(['active', 'blocked'] as const).map((state) =>
      route({
        method: 'post',
        path: `/client-apps/{id}/${state === 'active' ? 'unblock' : 'block'}`,
        name: state === 'active' ? 'unblockClientApp' : 'blockClientApp',
        summary:
          state === 'active'
            ? 'Lifts the block of a client app.'
            : 'Blocks a client app: from the next request on it gets nothing.',
        right: state === 'active' ? 'policy.open' : 'policy.stop',
        body: input.because,
        ifMatch: 'optional',
        answer: view.clientApp,
        handle: (call) => ofClientApp(call, async (id) => shown(await setClientApp(call.deps, call.act, id, state))),
      }),
    ),
    route({
      method: 'post',
      path: '/client-apps/{id}/rotate-secret',
      name: 'rotateClientAppSecret',
      summary: 'Makes a new secret, which is in this answer and nowhere else. Older ones end after the overlap.',
      right: 'policy.write',
      body: z
        .strictObject({ overlapSeconds: z.int().min(0).max(2_592_000).default(0), reason: input.reason.optional() })
        .openapi('SecretRotation'),
      ifMatch: 'optional',
      answer: view.clientAppWithSecret,
      handle: (call) =>
        ofClientApp(call, async (id) =>
          withSecret(await rotateSecret(call.deps, call.act, id, call.body.overlapSeconds), 200),
        ),
    }),
  ];
}

export function resourceAppRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/resource-apps',
      name: 'listResourceApps',
      summary: 'Resource apps with their resources and scopes.',
      right: 'policy.read',
      filters: { q: input.textFilter.optional(), state: z.enum(['active', 'disabled']).optional() },
      item: view.resourceApp,
      keyTypes: ['text'],
      list: ({ deps, scope, query }, page) =>
        listResourceAppViews(deps.database.kysely, deps.tenantId, { filter: query, scope, page }),
    }),
    route({
      method: 'post',
      path: '/resource-apps',
      name: 'createResourceApp',
      summary: 'Makes a resource app: one authorization server and its resources.',
      right: 'apps.create',
      body: input.newResourceApp,
      status: 201,
      answer: view.resourceApp,
      handle: async ({ deps, act, body: { reason: _reason, ...app } }) =>
        shown(await createResourceApp(deps, act, app), 201),
    }),
    route({
      method: 'get',
      path: '/resource-apps/{id}',
      name: 'getResourceApp',
      summary: 'One resource app.',
      right: 'policy.read',
      answer: view.resourceApp,
      handle: (call) =>
        ofResourceApp(call, async (id) =>
          found(await findResourceAppView(call.deps.database.kysely, call.deps.tenantId, id)),
        ),
    }),
    route({
      method: 'patch',
      path: '/resource-apps/{id}',
      name: 'updateResourceApp',
      summary: 'Changes a resource app. `resources` replaces the list; a resource that a connection reaches stays.',
      right: 'policy.write',
      body: input.resourceAppPatch,
      ifMatch: 'required',
      answer: view.resourceApp,
      handle: (call) =>
        ofResourceApp(call, async (id) => {
          const { reason: _reason, ...patch } = call.body;
          if (!isOwnField(call.scope, appOwnerFields.resourceApp, patch)) return problem('admin/forbidden'); // LES-67
          return shown(await updateResourceApp(call.deps, call.act, id, patch));
        }),
    }),
    ...(['active', 'disabled'] as const).map((state) =>
      route({
        method: 'post',
        path: `/resource-apps/{id}/${state === 'active' ? 'enable' : 'disable'}`,
        name: state === 'active' ? 'enableResourceApp' : 'disableResourceApp',
        summary:
          state === 'active'
            ? 'Lets ID-JAGs be issued for a resource app again.'
            : 'Disables a resource app: from the next request on no ID-JAG is issued for it.',
        right: state === 'active' ? 'policy.open' : 'policy.stop',
        body: input.because,
        ifMatch: 'optional',
        answer: view.resourceApp,
        handle: (call) =>
          ofResourceApp(call, async (id) => shown(await setResourceApp(call.deps, call.act, id, state))),
      }),
    ),
  ];
}

type Call = Pick<AdminCall<unknown, unknown>, 'scope' | 'path'>;

/** An app of somebody else looks like none. */
function ofClientApp({ scope, path }: Call, use: (id: string) => Promise<Outcome<Answer>>): Promise<Outcome<Answer>> {
  const { id = '' } = path;
  const isReached = scope.kind === 'all' || scope.clientApps.includes(id); // LES-67
  return isReached ? use(id) : Promise.resolve(problem('admin/not-found'));
}

function ofResourceApp({ scope, path }: Call, use: (id: string) => Promise<Outcome<Answer>>): Promise<Outcome<Answer>> {
  const { id = '' } = path;
  const isReached = scope.kind === 'all' || scope.resourceApps.includes(id); // LES-67
  return isReached ? use(id) : Promise.resolve(problem('admin/not-found'));
}

function isOwnField(scope: Scope, allowed: readonly string[], patch: object): boolean {
  return scope.kind === 'all' || Object.keys(patch).every((field) => allowed.includes(field));
}

function withSecret(outcome: Outcome<WithSecret>, status: 200 | 201): Outcome<Answer> {
  if (!outcome.ok) return outcome;
  const { app, secret } = outcome.value;
  return { ok: true, value: { status, body: { ...app, secret }, etag: etagOf(app) } };
}
