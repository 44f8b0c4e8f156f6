/**
 * The gate and the authorization server in Express 5 and whatever else has `(req, res, next)`. Express itself is not needed for
 * it: `app.use(crossgrant(gate))`, `app.use(authorizationServer(server))`, `callerOf(req)`.
 */
export {
  callerOf,
  type NodeMiddleware as ExpressMiddleware,
  nodeAuthorizationServer as authorizationServer,
  nodeMetadata as resourceMetadata,
  nodeMiddleware as crossgrant,
} from './node.ts';
