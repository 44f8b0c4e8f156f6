import { isStoreFault, KeysUnavailable, type RefusalCounter } from '@crossgrant/platform';
import { newId, type PlainRequest, type PlainResponse } from '@crossgrant/protocol';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AdminDeps } from '../commands/change-object.ts';
import { type Admin, scopeOf } from '../domain/admin.ts';
import { type Problem, problem } from '../domain/problem.ts';
import { createAuthenticator } from './authenticate.ts';
import { answerHeaders, problemResponse } from './problem-response.ts';
import { readInput } from './read-input.ts';
import type { AdminRoute } from './route.ts';
import { adminRoutes } from './routes.ts';

export const adminPath = '/admin/v1';

interface Env {
  Bindings: { readonly plain: PlainRequest; readonly id: string };
  Variables: { admin: Admin };
}

/**
 * The admin API of one tenant as a function. The order is the same for every route: origin, token, route, right, input,
 * and only then the object; so nobody learns what exists before it is theirs to know.
 */
export function createAdminApp(
  deps: AdminDeps,
  { origin, anonymous }: { readonly origin: () => string; readonly anonymous: RefusalCounter },
): (request: PlainRequest) => Promise<PlainResponse> {
  const authenticate = createAuthenticator(deps, origin, anonymous);
  const app = new OpenAPIHono<Env>();

  app.use('*', async (c, next) => {
    const { plain, id } = c.env;
    const admin = await authenticate(plain, id);
    if ('status' in admin) return toWeb(admin);
    c.set('admin', admin);
    return next();
  });
  for (const route of adminRoutes()) {
    const path = `${adminPath}${route.path.replace(/\{(\w+)\}/g, ':$1')}`;
    app.on(route.method.toUpperCase(), path, async (c) => toWeb(await serve(deps, route, c)));
  }
  app.notFound((c) => toWeb(problemResponse({ code: 'admin/not-found' }, c.env.id)));
  app.onError((error, c) => toWeb(fault(deps, error, c.env.id)));

  return async (plain) => {
    const id = newId('aud', deps.clock());
    const { method, path, query } = plain;
    const url = `http://admin.invalid${path}${query === '' ? '' : `?${query}`}`;
    return toPlain(await app.fetch(new Request(url, { method }), { plain, id }));
  };
}

async function serve(deps: AdminDeps, route: AdminRoute, c: Context<Env>): Promise<PlainResponse> {
  const { plain, id } = c.env;
  const admin = c.get('admin');
  const refuse = async (refused: Problem): Promise<PlainResponse> => {
    if (refused.code === 'admin/forbidden')
      await recordForbidden(deps, route, { admin, id, address: plain.remoteAddress });
    return problemResponse(refused, id);
  };
  const scope = scopeOf(admin, route.right);
  if (scope === undefined) return refuse({ code: 'admin/forbidden' }); // LES-69
  const path = c.req.param() as Record<string, string>;
  if (!Object.values(path).every((value) => plainId.test(value))) return refuse({ code: 'admin/not-found' });
  const input = readInput(route, plain);
  if (!input.ok) return refuse(input.problem);
  const { query, body, ifMatch } = input.value;
  const reason = (body as { reason?: string } | undefined)?.reason;
  const act = { admin, id, address: plain.remoteAddress, reason, ifMatch };
  const answered = await route.handle({ deps, act, scope, path, query, body });
  if (!answered.ok) return refuse(answered.problem);
  if (route.method !== 'get') await takeIn(deps, id);
  const { status, body: answer, etag } = answered.value;
  return {
    status,
    headers: {
      ...answerHeaders(id),
      'content-type': 'application/json',
      ...(etag === undefined ? {} : { etag }),
    },
    body: JSON.stringify(answer),
  };
}

/** What an administrator has changed holds for the very next request here; other replicas hear of it a moment later. */
async function takeIn({ liveState, log }: AdminDeps, id: string): Promise<void> {
  try {
    await liveState.refresh();
  } catch (error) {
    log.error({ err: error, id }, 'a change is stored, and could not be read back yet');
  }
}

/** Ids are made here or registered here; nothing else is looked up. */
const plainId = /^[A-Za-z0-9_-]{1,128}$/;

/** Somebody with a token tried what their role does not allow: each try is on record by itself. */
async function recordForbidden(
  { database, tenantId, clock, log }: AdminDeps,
  { method, path }: AdminRoute,
  { admin, id, address }: { admin: Admin; id: string; address: string },
): Promise<void> {
  log.warn({ id, actor: admin.tokenId, route: `${method} ${path}` }, 'an administrator lacks the right');
  await database.commits.audit({
    id,
    scope: tenantId,
    at: clock(),
    kind: 'change',
    outcome: 'refused',
    code: 'admin/forbidden',
    facts: { route: `${method} ${path}`, actor: admin.tokenId, role: admin.role },
    personal: { person: admin.tokenId, username: admin.name, address },
  });
}

function fault({ log }: AdminDeps, error: Error, id: string): PlainResponse {
  log.error({ err: error, id }, 'a request of the admin API failed');
  const isUnavailable = isStoreFault(error) || error instanceof KeysUnavailable;
  return problemResponse(problem(isUnavailable ? 'admin/unavailable' : 'admin/fault').problem, id);
}

function toWeb({ status, headers, body }: PlainResponse): Response {
  return new Response(body, { status, headers });
}

async function toPlain(response: Response): Promise<PlainResponse> {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}
