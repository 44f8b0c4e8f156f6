import { Misuse, type RefusalCounter, type RunningServer, startServer } from '@crossgrant/platform';
import { isLoopbackHost } from '@crossgrant/protocol';
import type { AdminConfig } from '../config.ts';
import type { AdminDeps } from './commands/change-object.ts';
import { adminPath, createAdminApp } from './http/admin-app.ts';

/**
 * Starts the admin API on a listener of its own, apart from what people and clients reach. Loopback may speak plain http;
 * any other address stands behind a proxy that terminates TLS, and then the public URL says so.
 */
export async function startAdmin(
  config: AdminConfig,
  deps: AdminDeps,
  { anonymous, trustedProxies }: { readonly anonymous: RefusalCounter; readonly trustedProxies?: readonly string[] },
): Promise<RunningServer> {
  const { listen } = config;
  const url = new URL(checkedUrl(config));
  const isAnyPort = listen.endsWith(':0');
  const own = { origin: url.origin };
  const serve = createAdminApp(deps, { origin: () => own.origin, anonymous });
  const server = await startServer({
    listen,
    log: deps.log,
    issuer: url.href,
    trustedProxies,
    allowedHosts: isAnyPort ? undefined : [url.host, listen], // LES-70
    routes: [
      {
        method: '*',
        path: `${adminPath}/*`,
        handler: serve,
      },
    ],
  });
  if (isAnyPort) own.origin = server.url;
  deps.log.info({ url: server.url }, 'the admin API listens');
  return server;
}

function checkedUrl({ listen, url }: AdminConfig): string {
  const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  if (url === undefined && !isLoopbackHost(host))
    throw new Misuse(
      'idp/admin-url',
      `idp.admin.listen ${listen} is reachable by others: name the https URL in front of it as idp.admin.url, or listen on 127.0.0.1.`,
    );
  if (
    url !== undefined &&
    (!URL.canParse(url) || !(new URL(url).protocol === 'https:' || isLoopbackHost(new URL(url).hostname)))
  )
    throw new Misuse('idp/admin-url', `idp.admin.url must start with https://; ${JSON.stringify(url)} does not.`);
  return url ?? `http://${listen}`;
}
