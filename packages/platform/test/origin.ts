import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from './certificate.ts';

export interface Origin {
  readonly port: number;
  readonly cert: string;
  /** How many sockets were opened to it. */
  connections(): number;
  close(): Promise<void>;
}

/** A small server on loopback that counts its connections. */
export async function startOrigin(listener: RequestListener, names?: readonly string[]): Promise<Origin> {
  const certificate = selfSigned(names ?? []);
  const server = names === undefined ? createHttpServer(listener) : createHttpsServer(certificate, listener);
  let count = 0;
  server.on('connection', () => {
    count += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cert: certificate.cert,
    connections: () => count,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Runs a body with an origin and closes it. */
export async function withOrigin(
  listener: RequestListener,
  body: (origin: Origin) => Promise<void>,
  names?: readonly string[],
): Promise<void> {
  const origin = await startOrigin(listener, names);
  try {
    await body(origin);
  } finally {
    await origin.close();
  }
}
