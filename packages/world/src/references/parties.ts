import type { World } from '../schema/world.ts';
import { known, type Report } from './report.ts';

export function checkParties(world: World, report: Report): void {
  const { idp, policy, authserver, mcpServer, sampleApp } = world;
  if (mcpServer !== undefined && authserver === undefined && mcpServer.authorizationServer === undefined) {
    report(['mcpServer', 'authorizationServer'], 'is missing: there is no authserver section to take it from.');
  }
  if (mcpServer !== undefined && authserver !== undefined && mcpServer.authorizationServer === undefined) {
    known(
      mcpServer.resource,
      authserver.resources.map((resource) => resource.identifier),
      ['mcpServer', 'resource'],
      'authserver.resources has no',
      report,
    );
  }
  checkToolsOfSignOn(world, report);
  if (sampleApp === undefined) return;
  checkCall(world, report);
  if (policy !== undefined)
    known(
      sampleApp.client,
      policy.clientApps.map((app) => app.id),
      ['sampleApp', 'client'],
      'no client app',
      report,
    );
  else report(['sampleApp', 'client'], 'names a client app, but there is no policy section.');
  if (idp !== undefined)
    known(
      sampleApp.person,
      idp.people.map((person) => person.username),
      ['sampleApp', 'person'],
      'no person',
      report,
    );
  else if (sampleApp.idp === undefined)
    report(['sampleApp', 'idp'], 'is missing: there is no idp section to take it from.');
  if (authserver === undefined && sampleApp.atResourceServer === undefined)
    report(['sampleApp', 'atResourceServer'], 'is missing: there is no authserver section to take it from.');
  if (mcpServer === undefined && sampleApp.call.server === undefined)
    report(['sampleApp', 'call', 'server'], 'is missing: there is no mcpServer section to take it from.');
}

/** A demand for a tool that is not there would protect nothing. */
function checkToolsOfSignOn({ authserver, mcpServer }: World, report: Report): void {
  const governed = authserver?.resources.find(({ identifier }) => identifier === mcpServer?.resource);
  const tools = Object.keys(mcpServer?.tools ?? governed?.tools ?? {});
  if (tools.length === 0) return;
  for (const tool of Object.keys(mcpServer?.signOnByTool ?? {}))
    known(tool, tools, ['mcpServer', 'signOnByTool'], `${mcpServer?.resource} has no tool`, report);
}

function checkCall({ authserver, mcpServer, policy, sampleApp }: World, report: Report): void {
  if (sampleApp === undefined) return;
  const { call, client } = sampleApp;
  const isOurs = call.server === undefined || call.server === mcpServer?.resource;
  const tools =
    mcpServer?.tools ?? authserver?.resources.find(({ identifier }) => identifier === mcpServer?.resource)?.tools ?? {};
  if (isOurs && Object.keys(tools).length > 0)
    known(call.tool, Object.keys(tools), ['sampleApp', 'call', 'tool'], `${mcpServer?.resource} has no tool`, report);
  if (policy === undefined || policy.clientApps.every(({ id }) => id !== client)) return;
  if (policy.connections.every((connection) => connection.client !== client))
    report(['sampleApp', 'client'], `${JSON.stringify(client)} has no connection in policy.connections.`);
}
