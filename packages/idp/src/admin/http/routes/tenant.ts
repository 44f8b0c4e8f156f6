import { z } from '@hono/zod-openapi';
import { revokeKey, rotateKey } from '../../commands/keys.ts';
import { endAccessOfEverybody } from '../../commands/tenant.ts';
import { revokeAdminToken } from '../../commands/tokens.ts';
import { instant } from '../../domain/instant.ts';
import { type Right, reachOf, rightsTable } from '../../domain/roles.ts';
import { findKeyView, listKeyViews } from '../../queries/keys.ts';
import { findTokenView, listTokenViews } from '../../queries/tokens.ts';
import { type AdminRoute, found, listRoute, route, shown } from '../route.ts';
import * as input from '../schemas.ts';
import * as view from '../views.ts';

export function selfRoutes(): readonly AdminRoute[] {
  return [
    route({
      method: 'get',
      path: '/self',
      name: 'getSelf',
      summary: 'Who this token is and what it may do.',
      right: 'self.read',
      answer: view.self,
      handle: async ({ deps, act: { admin } }) => {
        const rights = (Object.keys(rightsTable) as Right[]).flatMap((right) => {
          const reach = reachOf(admin.role, right);
          return reach === undefined ? [] : [[right, reach] as const];
        });
        const { tokenId: token, name, role, clientApps, resourceApps } = admin;
        const about = { token, name, role, tenant: deps.tenantName, clientApps, resourceApps };
        return found({ ...about, expiresAt: instant(admin.expiresAt), rights: Object.fromEntries(rights) });
      },
    }),
    route({
      method: 'post',
      path: '/tenant/end-access',
      name: 'endAccessOfEverybody',
      summary: 'Ends every session of everybody and what rests on them. `confirm` is the name of the tenant.',
      right: 'tenant.stop',
      body: z.strictObject({ confirm: input.name, reason: input.reason }).openapi('EndOfAccess'),
      answer: view.tenant,
      handle: async ({ deps, act, body }) => shown(await endAccessOfEverybody(deps, act, body.confirm)),
    }),
  ];
}

export function keyRoutes(): readonly AdminRoute[] {
  return [
    route({
      method: 'get',
      path: '/keys',
      name: 'listKeys',
      summary: 'Signing keys, all of them; nothing private.',
      right: 'keys.read',
      answer: z.object({ items: z.array(view.key) }),
      handle: async ({ deps }) => ({
        ok: true,
        value: { status: 200, body: { items: await listKeyViews(deps.keys) } },
      }),
    }),
    route({
      method: 'get',
      path: '/keys/{kid}',
      name: 'getKey',
      summary: 'One signing key.',
      right: 'keys.read',
      answer: view.key,
      handle: async ({ deps, path: { kid = '' } }) => found(await findKeyView(deps.keys, kid)),
    }),
    route({
      method: 'post',
      path: '/keys/rotate',
      name: 'rotateKey',
      summary: 'Prepares the next key of an algorithm: published at once, signing after an hour.',
      right: 'keys.write',
      body: z.strictObject({ alg: z.enum(['ES256', 'RS256']), reason: input.reason.optional() }).openapi('KeyRotation'),
      answer: view.key,
      handle: async ({ deps, act, body }) => shown(await rotateKey(deps, act, body.alg)),
    }),
    route({
      method: 'post',
      path: '/keys/{kid}/revoke',
      name: 'revokeKey',
      summary: 'Ends a key at once, for one that others may know. What it signed no longer counts.',
      right: 'keys.write',
      body: input.becauseRequired,
      answer: view.key,
      handle: async ({ deps, act, path: { kid = '' } }) => shown(await revokeKey(deps, act, kid)),
    }),
  ];
}

export function tokenRoutes(): readonly AdminRoute[] {
  return [
    listRoute({
      path: '/admin-tokens',
      name: 'listAdminTokens',
      summary:
        'Admin tokens: whose, for what, until when, last used when. The command `crossgrant admin token` makes them.',
      right: 'tokens.read',
      filters: {},
      item: view.listedAdminToken,
      keyTypes: ['text'],
      list: ({ deps }, page) => listTokenViews(deps.database.kysely, deps.tenantId, page),
    }),
    route({
      method: 'get',
      path: '/admin-tokens/{id}',
      name: 'getAdminToken',
      summary: 'One admin token.',
      right: 'tokens.read',
      answer: view.adminToken,
      handle: async ({ deps, path: { id = '' } }) =>
        found(await findTokenView(deps.database.kysely, deps.tenantId, id)),
    }),
    route({
      method: 'post',
      path: '/admin-tokens/{id}/revoke',
      name: 'revokeAdminToken',
      summary: 'Ends an admin token with the next request.',
      right: 'tokens.write',
      body: input.because,
      answer: view.adminToken,
      handle: async ({ deps, act, path: { id = '' } }) => shown(await revokeAdminToken(deps, act, id)),
    }),
  ];
}
