import type { World } from '../schema/world.ts';

export const defaultWorldFile = 'worlds/default.yaml';

/** What a person can do next. A password shown is a sample that stands in the world file, never one from outside it. */
export function whatToTry(world: World, worldFile: string): [label: string, value: string][] {
  const { idp, mcpServer, sampleApp } = world;
  const rows: [string, string][] = [];
  if (sampleApp !== undefined) {
    const page = `http://${sampleApp.listen}/ in a browser`;
    rows.push(['try it', `${page}; sign on as ${sampleApp.person}${withSample(passwordOf(world, sampleApp.person))}`]);
    rows.push(...aNo(world, worldFile));
  }
  if (mcpServer !== undefined) rows.push(...connect(mcpServer));
  if (idp !== undefined) rows.push(['look inside', `${idp.issuer}/.well-known/openid-configuration`]);
  return rows;
}

/** The ports are in use while this world runs, so another start comes after the end of this one. */
function aNo(world: World, worldFile: string): [string, string][] {
  const other = world.idp?.people.find(
    ({ username, state }) => username !== world.sampleApp?.person && state !== 'disabled',
  )?.username;
  if (other === undefined) return [];
  const elsewhere = worldFile === defaultWorldFile ? '' : ` --world ${worldFile}`;
  const password = passwordOf(world, other);
  const rows: [string, string][] = [
    ['see a no', `end this first (Ctrl-C), then: npm start -- --once --person ${other}${elsewhere}`],
  ];
  if (typeof password === 'string') rows.push(['', `or sign on as ${other} with ${password} in the browser`]);
  return rows;
}

function connect({ resource, open }: NonNullable<World['mcpServer']>): [string, string][] {
  const rows: [string, string][] = [['connect', `${resource} for a client with @crossgrant/client`]];
  if (open) rows.push(['', `${new URL('/open/mcp', resource).href} for any MCP client, without sign-on`]);
  return rows;
}

function passwordOf({ idp }: World, username: string): unknown {
  return idp?.people.find((person) => person.username === username)?.password;
}

function withSample(password: unknown): string {
  return typeof password === 'string' ? ` with ${password}` : '';
}
