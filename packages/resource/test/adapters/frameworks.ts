import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express, { type NextFunction, type Request, type Response } from 'express';
import fastify, { type FastifyInstance } from 'fastify';
import { type Context, Hono } from 'hono';
import * as inExpress from '../../src/adapters/express.ts';
import * as inFastify from '../../src/adapters/fastify.ts';
import * as inHono from '../../src/adapters/hono.ts';
import { protectMcpV1 } from '../../src/adapters/mcp-v1.ts';
import { callerOf, nodeAuthorizationServer, nodeMetadata, protectNode } from '../../src/adapters/node.ts';
import type { ResourceAuthorizationServer, ResourceServer } from '../../src/index.ts';

/** What a builder mounts: the gate in front of three routes, the authorization server, and a route of their own. */
export interface Site {
  readonly gate: ResourceServer;
  readonly authorizationServer: ResourceAuthorizationServer;
  /** Called by each route behind the gate, with what it can see of the request. */
  readonly ran: (route: string, seen: unknown) => void;
}

export interface Running {
  readonly origin: string;
  close(): Promise<void>;
}

export type Start = (site: Site) => Promise<Running>;

const history = { scopes: ['chat.history'] };

/** Everything a handler could read the token from. */
const seenBy = ({ headers, rawHeaders, headersDistinct }: IncomingMessage): unknown => [
  headers,
  rawHeaders,
  headersDistinct,
];

export const frameworks: Readonly<Record<string, Start>> = {
  node: (site) => {
    const answer = (route: string) =>
      protectNode(
        site.gate,
        (req, res, auth) => {
          site.ran(route, seenBy(req));
          if (route === '/mcp/fails') throw new Error('the handler failed');
          res.end(JSON.stringify({ subject: auth.subject, same: callerOf(req) === auth }));
        },
        { ...(route === '/mcp/history' ? history : {}), onError: () => undefined },
      );
    const routes = new Map(['/mcp', '/mcp/history', '/mcp/fails'].map((route) => [route, answer(route)]));
    const metadata = nodeMetadata(site.gate);
    const authorizationServer = nodeAuthorizationServer(site.authorizationServer);
    return listen((req, res) =>
      authorizationServer(req, res, (error) => {
        if (error !== undefined) return void res.writeHead(500).end();
        metadata(req, res, () => {
          const route = routes.get(req.url?.split('?')[0] ?? '');
          if (route !== undefined) return void route(req, res);
          res.writeHead(req.url === '/hello' ? 200 : 404).end('hello');
        });
      }),
    );
  },
  express: (site) =>
    listen(expressApp(site, (app) => app.use(inExpress.authorizationServer(site.authorizationServer)))),
  'express, bodies parsed and kept': (site) =>
    listen(
      expressApp(site, (app) => {
        const verify = (req: IncomingMessage, _res: unknown, rawBody: Buffer): void =>
          void Object.assign(req, { rawBody });
        app.use(express.json({ verify }), express.urlencoded({ verify, limit: '1mb' }));
        app.use(inExpress.authorizationServer(site.authorizationServer));
      }),
    ),
  'express with sub-routers': (site) => {
    const app = express();
    const api = express.Router();
    app.use(inExpress.authorizationServer(site.authorizationServer), inExpress.resourceMetadata(site.gate));
    api.use(inExpress.crossgrant(site.gate));
    expressRoutes(api, site, '');
    app.use('/mcp', api);
    app.get('/hello', (_req, res) => void res.send('hello'));
    return listen(app.use(quietly));
  },
  'sdk 1.x in express': (site) => {
    const app = express();
    app.use(inExpress.authorizationServer(site.authorizationServer), inExpress.resourceMetadata(site.gate));
    app.use('/mcp', protectMcpV1(site.gate));
    app.use('/mcp/history', protectMcpV1(site.gate, history));
    expressRoutes(app, site, '/mcp', false);
    app.get('/hello', (_req, res) => void res.send('hello'));
    return listen(app.use(quietly));
  },
  fastify: (site) =>
    listenFastify(site, (app) => {
      app.register(inFastify.resourceMetadata(site.gate));
      fastifyRoutes(app, site, '/mcp', inFastify.crossgrant(site.gate));
    }),
  'fastify with a prefix': (site) =>
    listenFastify(site, (app) => {
      app.register(inFastify.resourceMetadata(site.gate));
      app.register(
        async (api) => {
          api.addHook('onRequest', inFastify.crossgrant(site.gate));
          fastifyRoutes(api, site, '');
        },
        { prefix: '/mcp' },
      );
    }),
  hono: (site) => {
    const app = new Hono<{ Variables: inHono.CrossgrantVariables }>();
    app.use(inHono.authorizationServer(site.authorizationServer));
    app.get('/hello', (c) => c.text('hello'));
    app.use('*', inHono.crossgrant(site.gate));
    app.use('/mcp/history', inHono.crossgrant(site.gate, history));
    honoRoutes(app, site, '/mcp');
    return listenHono(app);
  },
  'hono with basePath and route': (site) => {
    const api = new Hono<{ Variables: inHono.CrossgrantVariables }>();
    api.use('*', inHono.crossgrant(site.gate));
    honoRoutes(api, site, '/');
    const app = new Hono();
    app.use(inHono.resourceMetadata(site.gate), inHono.authorizationServer(site.authorizationServer));
    app.get('/hello', (c) => c.text('hello'));
    return listenHono(app.route('/mcp', api));
  },
};

type ExpressRoutes = Pick<express.IRouter, 'all'>;

function expressApp(site: Site, mountServer: (app: express.Express) => void): express.Express {
  const app = express();
  app.set('trust proxy', true);
  mountServer(app);
  app.get('/hello', (_req, res) => void res.send('hello'));
  app.use(inExpress.crossgrant(site.gate));
  app.use('/mcp/history', inExpress.crossgrant(site.gate, history));
  expressRoutes(app, site, '/mcp', false);
  return app.use(quietly);
}

function expressRoutes(routes: ExpressRoutes, site: Site, under: string, withScopes = true): void {
  const handler = (route: string) => (req: Request, res: Response) => {
    site.ran(route, seenBy(req));
    const { subject } = inExpress.callerOf(req);
    res.json({ subject, same: (req as { auth?: unknown }).auth !== undefined });
  };
  const gates = withScopes ? [inExpress.crossgrant(site.gate, history)] : [];
  routes.all(`${under}/history`, ...gates, handler('/mcp/history'));
  routes.all(`${under}/fails`, async (req) => {
    site.ran('/mcp/fails', seenBy(req));
    throw new Error('the handler failed');
  });
  routes.all(under === '' ? '/' : under, handler('/mcp'));
}

/** Express would print what a handler threw. */
function quietly(_error: unknown, _req: Request, res: Response, _next: NextFunction): void {
  res.status(500).end();
}

type FastifyApp = FastifyInstance;

async function listenFastify(site: Site, mount: (app: FastifyApp) => void): Promise<Running> {
  const app: FastifyApp = fastify({ trustProxy: true, forceCloseConnections: true });
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send());
  app.register(inFastify.authorizationServer(site.authorizationServer));
  app.get('/hello', async () => 'hello');
  mount(app);
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { origin, close: () => app.close() };
}

function fastifyRoutes(
  app: Pick<FastifyApp, 'all'>,
  site: Site,
  under: string,
  gate: ReturnType<typeof inFastify.crossgrant>[] | ReturnType<typeof inFastify.crossgrant> = [],
): void {
  const gates = [gate].flat();
  app.all(under === '' ? '/' : under, { onRequest: gates }, async (request) => {
    site.ran('/mcp', seenBy(request.raw));
    return { subject: inFastify.callerOf(request).subject, same: true };
  });
  app.all(`${under}/history`, { onRequest: [...gates, inFastify.crossgrant(site.gate, history)] }, async (request) => {
    site.ran('/mcp/history', seenBy(request.raw));
    return { subject: inFastify.callerOf(request).subject, same: true };
  });
  app.all(`${under}/fails`, { onRequest: gates }, async (request) => {
    site.ran('/mcp/fails', seenBy(request.raw));
    throw new Error('the handler failed');
  });
}

function honoRoutes(app: Hono<{ Variables: inHono.CrossgrantVariables }>, site: Site, under: string): void {
  const base = under === '/' ? '' : under;
  const answer = (c: Context<{ Variables: inHono.CrossgrantVariables }>, route: string) => {
    site.ran(route, [c.req.header(), [...c.req.raw.headers]]);
    return c.json({ subject: c.get('auth').subject, same: inHono.callerOf(c) === c.get('auth') });
  };
  app.all(under, (c) => answer(c, '/mcp'));
  app.all(`${base}/history`, inHono.crossgrant(site.gate, history), (c) => answer(c, '/mcp/history'));
  app.all(`${base}/fails`, (c) => {
    site.ran('/mcp/fails', [...c.req.raw.headers]);
    throw new Error('the handler failed');
  });
  app.onError((_error, c) => c.text('', 500));
}

function listenHono(app: Pick<Hono, 'fetch'>): Promise<Running> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve({ origin: `http://127.0.0.1:${port}`, close: () => new Promise((done) => server.close(() => done())) }),
    );
  });
}

async function listen(listener: RequestListener): Promise<Running> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
