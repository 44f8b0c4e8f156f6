import { z } from '@hono/zod-openapi';
import { problem } from '../../domain/problem.ts';
import { reachOf } from '../../domain/roles.ts';
import { listChangeViews } from '../../queries/changes.ts';
import { type DecisionReader, findDecisionView, listDecisionViews } from '../../queries/decisions.ts';
import { findIssuanceView, listIssuanceViews } from '../../queries/issuances.ts';
import { type AdminCall, type AdminRoute, found, listRoute, route } from '../route.ts';
import * as input from '../schemas.ts';
import * as view from '../views.ts';

const times = {
  from: input.instantFilter.optional().openapi({ description: 'Not before this instant.' }),
  to: input.instantFilter.optional().openapi({ description: 'Before this instant.' }),
};
const latestFirst = ['number', 'text'] as const;

export function decisionRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/decisions',
      name: 'listDecisions',
      summary: 'Decisions on exchanges, the latest first.',
      right: 'decisions.read',
      filters: {
        id: input.objectId.optional(),
        jti: input.objectId.optional(),
        person: input.objectId.optional(),
        client: input.objectId.optional().openapi({ description: 'A client id.' }),
        audience: z.string().max(1024).optional().openapi({ description: 'The issuer of a resource app.' }),
        scope: input.scopeFilter.optional().openapi({ description: 'A scope that was asked for.' }),
        outcome: input.outcome.optional(),
        code: z.string().max(100).optional(),
        ...times,
      },
      item: view.decision,
      keyTypes: latestFirst,
      list: async (call, page) => {
        const reader = readerOf(call);
        if (call.query.person !== undefined && !reader.seesPeople) return problem('admin/forbidden'); // LES-67
        const { kysely } = call.deps.database;
        return listDecisionViews(kysely, call.deps.tenantId, { filter: call.query, reader, page });
      },
    }),
    route({
      method: 'get',
      path: '/decisions/{id}',
      name: 'getDecision',
      summary: 'One decision with the explanation that `crossgrant explain` prints.',
      right: 'decisions.read',
      answer: view.explainedDecision,
      handle: async (call) =>
        found(await findDecisionView(call.deps.database, call.deps.tenantId, call.path.id ?? '', readerOf(call))),
    }),
    listRoute({
      path: '/issuances',
      name: 'listIssuances',
      summary: 'ID-JAGs that were issued, the latest first; never an ID-JAG itself.',
      right: 'decisions.read',
      filters: {
        person: input.objectId.optional(),
        clientApp: input.objectId.optional(),
        resourceApp: input.objectId.optional(),
        connection: input.objectId.optional(),
        ...times,
      },
      item: view.issuance,
      keyTypes: latestFirst,
      list: async (call, page) => {
        const reader = readerOf(call);
        if (call.query.person !== undefined && !reader.seesPeople) return problem('admin/forbidden'); // LES-67
        const { kysely } = call.deps.database;
        return listIssuanceViews(kysely, call.deps.tenantId, { filter: call.query, reader, page });
      },
    }),
    route({
      method: 'get',
      path: '/issuances/{jti}',
      name: 'getIssuance',
      summary: 'One issued ID-JAG by its jti.',
      right: 'decisions.read',
      answer: view.issuance,
      handle: async (call) =>
        found(
          await findIssuanceView(call.deps.database.kysely, call.deps.tenantId, call.path.jti ?? '', readerOf(call)),
        ),
    }),
    listRoute({
      path: '/changes',
      name: 'listChanges',
      summary: 'What administrators did and were refused, the latest first: who, why, before and after.',
      right: 'changes.read',
      filters: {
        id: input.objectId.optional(),
        actor: input.objectId.optional(),
        code: z.string().max(100).optional(),
        outcome: input.outcome.optional(),
        ...times,
      },
      item: view.change,
      keyTypes: latestFirst,
      list: ({ deps, query: { actor, ...filter } }, page) =>
        listChangeViews(deps.database.kysely, deps.tenantId, { filter: { ...filter, person: actor }, page }),
    }),
  ];
}

function readerOf({ act, scope }: Pick<AdminCall<unknown, unknown>, 'act' | 'scope'>): DecisionReader {
  return { scope, seesPeople: reachOf(act.admin.role, 'people.read') === 'all' };
}
