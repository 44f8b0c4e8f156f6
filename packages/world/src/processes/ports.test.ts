import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { readWorld } from '../load-world.ts';
import { busyPorts } from './ports.ts';

const worldAt = (listen: string) =>
  readWorld(
    `{ development: true, idp: { issuer: "http://127.0.0.1:4701", listen: "${listen}", database: ./x.db } }`,
    'w.yaml',
  );

test('a port that is taken is one sentence that names it and says what to do', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await expect(busyPorts(worldAt(`127.0.0.1:${port}`))).resolves.toEqual([
    `Port ${port} is taken, so the IdP cannot listen on 127.0.0.1:${port}. End the program that uses it, or change idp.listen in the world file.`,
  ]);
  await new Promise((resolve) => server.close(resolve));
  await expect(busyPorts(worldAt(`127.0.0.1:${port}`))).resolves.toEqual([]);
});

test('a world that runs already is one sentence for all of its ports', async () => {
  const servers = [createServer(), createServer()];
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const [idp, mcp] = servers.map((server) => `127.0.0.1:${(server.address() as { port: number }).port}`);
  const world = readWorld(
    `{ development: true, idp: { issuer: "http://${idp}", listen: "${idp}", database: ./x.db }, mcpServer: { listen: "${mcp}", resource: "http://${mcp}/mcp", authorizationServer: "https://as.example" } }`,
    'w.yaml',
  );
  await expect(busyPorts(world)).resolves.toEqual([
    'This world seems to be running already; end it with Ctrl-C in its window.',
  ]);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});
