import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { problemCatalogue } from '../domain/problem.ts';
import { adminPath } from './admin-app.ts';
import type { AdminRoute } from './route.ts';
import { adminRoutes } from './routes.ts';
import { problemDocument } from './views.ts';

/** The OpenAPI document of the admin API, made from the routes it serves. */
export function adminApiDocument(): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'adminToken', {
    type: 'http',
    scheme: 'bearer',
    description: 'An admin token, `cg_admin_…`; `crossgrant admin token create` makes one.',
  });
  for (const route of adminRoutes()) app.openAPIRegistry.registerPath(pathOf(route));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Crossgrant IdP: admin API',
      version: '1',
      description:
        'Client apps, resource apps, connections, rules, people, keys, decisions and issuances of one tenant.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:4711' }],
  });
}

function pathOf(route: AdminRoute): Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0] {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const ids = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
  const tag = z.object({ 'if-match': route.ifMatch === 'required' ? z.string() : z.string().optional() });
  const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
  return createRoute({
    method: route.method,
    path: `${adminPath}${route.path}`,
    operationId: route.name,
    summary: route.summary,
    description: `Needs the right \`${route.right}\`.`,
    tags: [route.path.split('/')[1] ?? ''],
    security: [{ adminToken: [] }],
    request: {
      ...(names.length === 0 ? {} : { params: ids }),
      query: route.query as z.ZodObject,
      ...(route.ifMatch === undefined ? {} : { headers: tag }),
      ...(route.body === undefined ? {} : { body: { content: json(route.body) } }),
    },
    responses: {
      [route.status ?? 200]: { description: 'Done.', content: json(route.answer) },
      default: {
        description: `A problem (RFC 9457) with one of the codes ${Object.keys(problemCatalogue).join(', ')}.`,
        content: { 'application/problem+json': { schema: problemDocument } },
      },
    },
  });
}
