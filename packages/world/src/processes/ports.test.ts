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
