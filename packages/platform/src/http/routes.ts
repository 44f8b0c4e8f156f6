import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlainRequest, PlainResponse } from '@crossgrant/protocol';
import { Misuse } from '../errors.ts';

/** What a handler returns to leave the request to the fallback, which gets the same bytes. */
export const passOn: unique symbol = Symbol('pass on');

export type RouteHandler = (request: PlainRequest) => Promise<PlainResponse | typeof passOn>;

export type Fallback = (request: IncomingMessage, response: ServerResponse, body?: Buffer) => void | Promise<void>;

export interface Route {
  /** `*` takes every method. */
  readonly method: string;
  /** An exact path, or a prefix written `/admin/*`. */
  readonly path: string;
  readonly handler: RouteHandler;
  /** Largest body in bytes; 64 KB unless stated. */
  readonly maxBytes?: number;
}

export type Found =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'method'; readonly allow: string }
  | { readonly kind: 'none' };

/** Compiles routes into a look-up. Exact paths win over prefixes, longer prefixes over shorter ones; HEAD is served by GET. */
export function createRouter(routes: readonly Route[]): (path: string, method: string) => Found {
  const exact = new Map<string, Map<string, Route>>();
  const prefixes: { prefix: string; methods: Map<string, Route> }[] = [];
  for (const route of routes) {
    if (!route.path.startsWith('/'))
      throw new Misuse('server/route', `A route's path starts with a slash; ${JSON.stringify(route.path)} does not.`);
    const methods = methodsOf(route.path, exact, prefixes);
    if (methods.has(route.method))
      throw new Misuse('server/route-twin', `Two routes serve ${route.method} ${route.path}; remove one.`);
    methods.set(route.method, route);
  }
  prefixes.sort((a, b) => b.prefix.length - a.prefix.length);

  return (path, method) => {
    const methods = exact.get(path) ?? prefixes.find(({ prefix }) => path.startsWith(prefix))?.methods;
    if (methods === undefined) return { kind: 'none' };
    const route = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined) ?? methods.get('*');
    return route === undefined ? { kind: 'method', allow: [...methods.keys()].join(', ') } : { kind: 'route', route };
  };
}

function methodsOf(
  path: string,
  exact: Map<string, Map<string, Route>>,
  prefixes: { prefix: string; methods: Map<string, Route> }[],
): Map<string, Route> {
  if (!path.endsWith('/*')) {
    const known = exact.get(path) ?? new Map<string, Route>();
    exact.set(path, known);
    return known;
  }
  const prefix = path.slice(0, -1);
  const known = prefixes.find((entry) => entry.prefix === prefix);
  if (known !== undefined) return known.methods;
  const methods = new Map<string, Route>();
  prefixes.push({ prefix, methods });
  return methods;
}
