import type { AdminRoute } from './route.ts';
import { clientAppRoutes, resourceAppRoutes } from './routes/apps.ts';
import { groupRoutes, peopleRoutes } from './routes/people.ts';
import { connectionRoutes, ruleRoutes } from './routes/policy.ts';
import { decisionRoutes } from './routes/records.ts';
import { keyRoutes, selfRoutes, tokenRoutes } from './routes/tenant.ts';

/** Every route of the admin API. The router, the documents and the test of all doors read this one list. */
export function adminRoutes(): readonly AdminRoute[] {
  return [
    ...selfRoutes(),
    ...clientAppRoutes(),
    ...resourceAppRoutes(),
    ...connectionRoutes(),
    ...ruleRoutes(),
    ...peopleRoutes(),
    ...groupRoutes(),
    ...decisionRoutes(),
    ...keyRoutes(),
    ...tokenRoutes(),
  ];
}
