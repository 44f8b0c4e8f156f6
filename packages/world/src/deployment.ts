import { isLoopbackHost, looksLikeMetadataUrl } from '@crossgrant/protocol';
import type { Party } from './processes/messages.ts';
import type { Mistake, Path } from './read-yaml.ts';
import { isPostgresUrl } from './schema/fields.ts';
import type { World } from './schema/world.ts';
import { secretsOf } from './secrets.ts';

/**
 * What may stand in a file only with `development: true`, and what may not stand in one with it.
 *
 * In development everything stays on loopback, so that a sample secret never guards a reachable server. In production no
 * URL that carries tokens or keys is plain http, and no secret is a literal.
 */
export function checkDeployment(world: World): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  for (const { path, url } of urlsOf(world)) {
    const { protocol, hostname } = new URL(url);
    if (protocol !== 'http:') continue;
    if (!world.development) mistakes.push({ path, sentence: httpsOnly });
    if (world.development && !isLoopbackHost(hostname)) mistakes.push({ path, sentence: httpOnLoopback }); // LES-02
  }
  for (const { path, listen } of listenersOf(world)) {
    const host = hostOf(listen);
    const sentence = `${host} is reachable by others; with development: true listen on 127.0.0.1.`;
    if (world.development && !isLoopbackHost(host)) mistakes.push({ path, sentence }); // LES-02, LES-97
  }
  for (const { path, secret, kind } of secretsOf(world)) {
    if (world.development || typeof secret !== 'string') continue;
    if (kind !== 'database' || holdsPassword(secret)) mistakes.push({ path, sentence: literalSecret });
  }
  const admin = world.idp?.admin;
  if (!world.development && admin !== undefined && admin.url === undefined && !isLoopbackHost(hostOf(admin.listen)))
    mistakes.push({ path: ['idp', 'admin', 'url'], sentence: adminUrlMissing }); // LES-70
  return [...mistakes, ...samePorts(world)];
}

const partiesInOrder: readonly Party[] = ['idp', 'authserver', 'mcpServer', 'sampleApp'];

const httpsOnly = 'must start with https://; http works on loopback only, with development: true.';
const httpOnLoopback = 'must start with https://; http works on 127.0.0.1, [::1] and localhost only.';
const adminUrlMissing =
  'is missing: idp.admin.listen is reachable by others. Name the https URL in front of it, or listen on 127.0.0.1.';
const literalSecret = 'a literal secret works with development: true only; use { env: NAME } or { file: PATH }.';

/** Every address this world binds, with the party that binds it. */
export function listenersOf(world: World): readonly { party: Party; path: Path; listen: string }[] {
  const admin = world.idp?.admin;
  return [
    ...partiesInOrder.flatMap((party) => {
      const section = world[party];
      return section === undefined ? [] : [{ party, path: [party, 'listen'], listen: section.listen }];
    }),
    ...(admin === undefined ? [] : [{ party: 'idp' as const, path: ['idp', 'admin', 'listen'], listen: admin.listen }]),
  ];
}

function hostOf(listen: string): string {
  return listen.slice(0, listen.lastIndexOf(':'));
}

function urlsOf(world: World): readonly { path: Path; url: string }[] {
  const { idp, policy, authserver, mcpServer, sampleApp } = world;
  const found: { path: Path; url: string | undefined }[] = [
    { path: ['idp', 'issuer'], url: idp?.issuer },
    { path: ['idp', 'admin', 'url'], url: idp?.admin?.url },
    { path: ['authserver', 'issuer'], url: authserver?.issuer },
    { path: ['mcpServer', 'resource'], url: mcpServer?.resource },
    { path: ['mcpServer', 'authorizationServer'], url: mcpServer?.authorizationServer },
    { path: ['sampleApp', 'idp'], url: sampleApp?.idp },
    { path: ['sampleApp', 'atResourceServer', 'issuer'], url: sampleApp?.atResourceServer?.issuer },
    { path: ['sampleApp', 'call', 'server'], url: sampleApp?.call.server },
  ];
  for (const [index, app] of (policy?.clientApps ?? []).entries()) {
    for (const [at, url] of app.redirectUris.entries()) {
      if (!isLoopbackHost(new URL(url).hostname))
        found.push({ path: ['policy', 'clientApps', index, 'redirectUris', at], url });
    }
  }
  for (const [path, { id, auth }] of clientsOf(world)) {
    found.push({ path: [...path, 'auth', 'jwksUri'], url: auth?.jwksUri });
    if (looksLikeMetadataUrl(id)) found.push({ path: [...path, 'id'], url: id });
  }
  for (const [index, app] of (policy?.resourceApps ?? []).entries()) {
    found.push({ path: ['policy', 'resourceApps', index, 'issuer'], url: app.issuer });
    for (const [at, resource] of app.resources.entries())
      found.push({ path: ['policy', 'resourceApps', index, 'resources', at, 'identifier'], url: resource.identifier });
  }
  for (const [index, trusted] of (authserver?.trustedIssuers ?? []).entries()) {
    found.push({ path: ['authserver', 'trustedIssuers', index, 'issuer'], url: trusted.issuer });
    if (typeof trusted.keys === 'object' && 'jwksUri' in trusted.keys)
      found.push({ path: ['authserver', 'trustedIssuers', index, 'keys', 'jwksUri'], url: trusted.keys.jwksUri });
  }
  for (const [index, resource] of (authserver?.resources ?? []).entries())
    found.push({ path: ['authserver', 'resources', index, 'identifier'], url: resource.identifier });
  return found.flatMap(({ path, url }) => (url === undefined ? [] : [{ path, url }]));
}

/** Every client of both servers, with its path. */
function clientsOf({ policy, authserver }: World): readonly (readonly [Path, ClientEntry])[] {
  return [
    ...(policy?.clientApps ?? []).map((app, index) => [['policy', 'clientApps', index], app] as const),
    ...(authserver?.clients ?? []).map((client, index) => [['authserver', 'clients', index], client] as const),
  ];
}

interface ClientEntry {
  readonly id: string;
  readonly auth?: { readonly jwksUri?: string };
}

function holdsPassword(databaseUrl: string): boolean {
  return isPostgresUrl(databaseUrl) && URL.canParse(databaseUrl) && new URL(databaseUrl).password !== '';
}

function samePorts(world: World): readonly Mistake[] {
  const seen = new Map<string, string>();
  return listenersOf(world).flatMap(({ party, path, listen }) => {
    const other = listen.endsWith(':0') ? undefined : seen.get(listen);
    seen.set(listen, party);
    return other === undefined ? [] : [{ path, sentence: `${other} listens on ${listen} already.` }];
  });
}
