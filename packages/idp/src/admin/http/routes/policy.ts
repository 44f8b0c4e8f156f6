import { z } from '@hono/zod-openapi';
import { createConnection, openConnection, stopConnection, updateConnection } from '../../commands/connections.ts';
import { createRule, setRule, updateRule } from '../../commands/rules.ts';
import { hasOneEnd } from '../../domain/admin.ts';
import { type Outcome, problem } from '../../domain/problem.ts';
import { findConnectionView, listConnectionViews } from '../../queries/connections.ts';
import { findRuleView, listRuleViews } from '../../queries/rules.ts';
import { type AdminCall, type AdminRoute, type Answer, found, listRoute, route, shown } from '../route.ts';
import * as input from '../schemas.ts';
import * as view from '../views.ts';

export function connectionRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/connections',
      name: 'listConnections',
      summary: 'Connections.',
      right: 'policy.read',
      filters: {
        state: z.enum(['pending', 'approved', 'blocked']).optional(),
        clientApp: input.objectId.optional(),
        resourceApp: input.objectId.optional(),
      },
      item: view.connection,
      keyTypes: ['text'],
      list: ({ deps, scope, query }, page) =>
        listConnectionViews(deps.database.kysely, deps.tenantId, { filter: query, scope, page }),
    }),
    route({
      method: 'post',
      path: '/connections',
      name: 'createConnection',
      summary: 'Makes a connection. It is pending until somebody approves it.',
      right: 'policy.write',
      body: input.newConnection,
      status: 201,
      answer: view.connection,
      handle: async ({ deps, act, scope, body: { reason: _reason, ...connection } }) =>
        shown(await createConnection(deps, { ...act, scope }, connection), 201),
    }),
    route({
      method: 'get',
      path: '/connections/{id}',
      name: 'getConnection',
      summary: 'One connection.',
      right: 'policy.read',
      answer: view.connection,
      handle: (call) =>
        ofConnection(call, async (id) =>
          found(await findConnectionView(call.deps.database.kysely, call.deps.tenantId, id)),
        ),
    }),
    route({
      method: 'patch',
      path: '/connections/{id}',
      name: 'updateConnection',
      summary: 'Changes a connection. Another list of scopes approves each of them with what it means today.',
      right: 'policy.write',
      body: input.connectionPatch,
      ifMatch: 'required',
      answer: view.connection,
      handle: (call) =>
        ofConnection(call, async (id) => {
          const { reason: _reason, ...patch } = call.body;
          return shown(await updateConnection(call.deps, { ...call.act, scope: call.scope }, id, patch));
        }),
    }),
    route({
      method: 'post',
      path: '/connections/{id}/approve',
      name: 'approveConnection',
      summary: 'Opens a pending or blocked connection, as it was seen.',
      right: 'policy.open',
      body: input.approval,
      ifMatch: 'required',
      answer: view.connection,
      handle: (call) =>
        ofConnection(call, async (id) =>
          shown(await openConnection(call.deps, { ...call.act, scope: call.scope }, id, call.body)),
        ),
    }),
    route({
      method: 'post',
      path: '/connections/{id}/block',
      name: 'blockConnection',
      summary: 'Blocks a connection: from the next exchange on the answer is no.',
      right: 'policy.stop',
      body: input.because,
      ifMatch: 'optional',
      answer: view.connection,
      handle: (call) => ofConnection(call, async (id) => shown(await stopConnection(call.deps, call.act, id))),
    }),
  ];
}

export function ruleRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/rules',
      name: 'listRules',
      summary: 'Rules.',
      right: 'rules.read',
      filters: {
        q: input.textFilter.optional(),
        effect: z.enum(['allow', 'deny']).optional(),
        state: z.enum(['active', 'disabled']).optional(),
      },
      item: view.rule,
      keyTypes: ['text'],
      list: ({ deps, query }, page) => listRuleViews(deps.database.kysely, deps.tenantId, { filter: query, page }),
    }),
    route({
      method: 'post',
      path: '/rules',
      name: 'createRule',
      summary: 'Makes a rule. It counts from the next exchange on.',
      right: 'rules.write',
      body: input.newRule,
      status: 201,
      answer: view.rule,
      handle: async ({ deps, act, body: { reason: _reason, ...rule } }) =>
        shown(await createRule(deps, act, rule), 201),
    }),
    route({
      method: 'get',
      path: '/rules/{id}',
      name: 'getRule',
      summary: 'One rule.',
      right: 'rules.read',
      answer: view.rule,
      handle: async ({ deps, path: { id = '' } }) => found(await findRuleView(deps.database.kysely, deps.tenantId, id)),
    }),
    route({
      method: 'patch',
      path: '/rules/{id}',
      name: 'updateRule',
      summary: 'Changes a rule. null takes a restriction away.',
      right: 'rules.write',
      body: input.rulePatch,
      ifMatch: 'required',
      answer: view.rule,
      handle: async ({ deps, act, path: { id = '' }, body: { reason: _reason, ...patch } }) =>
        shown(await updateRule(deps, act, id, patch)),
    }),
    ...(['active', 'disabled'] as const).map((state) =>
      route({
        method: 'post',
        path: `/rules/{id}/${state === 'active' ? 'enable' : 'disable'}`,
        name: state === 'active' ? 'enableRule' : 'disableRule',
        summary: state === 'active' ? 'Brings a rule back.' : 'Withdraws a rule. Decisions go on naming it.',
        right: 'rules.write',
        body: input.because,
        ifMatch: 'optional',
        answer: view.rule,
        handle: async ({ deps, act, path: { id = '' } }) => shown(await setRule(deps, act, id, state)),
      }),
    ),
  ];
}

/** A connection is seen from either end; what opens it checks both, inside its change. */
async function ofConnection(
  { deps, scope, path }: Pick<AdminCall<unknown, unknown>, 'deps' | 'scope' | 'path'>,
  use: (id: string) => Promise<Outcome<Answer>>,
): Promise<Outcome<Answer>> {
  const { id = '' } = path;
  if (scope.kind === 'all') return use(id);
  const seen = await findConnectionView(deps.database.kysely, deps.tenantId, id);
  const isReached = seen && hasOneEnd(scope, { clientAppId: seen.clientApp, resourceAppId: seen.resourceApp }); // LES-67
  return isReached ? use(id) : problem('admin/not-found');
}
