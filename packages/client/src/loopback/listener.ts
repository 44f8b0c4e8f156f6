import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CrossgrantError } from '../errors.ts';

/** Waits on this machine for the answer of the authorization endpoint. */
export interface LoopbackListener {
  readonly redirectUri: string;
  /** Resolves with the whole address of the one answer that carries `state`; the listener is closed by then. */
  waitFor(state: string, timeoutMs: number, signal?: AbortSignal): Promise<string>;
  close(): void;
}

const path = '/callback';
const anotherSignOn = 'This answer belongs to another sign-on.';

/**
 * Listens on a random port of 127.0.0.1 and nowhere else. Takes one answer with the right state; answers with another
 * state are turned away and do not end the wait, and after the right one nothing listens any more.
 *
 * RFC 8252 §7.3, §8.3.
 */
export async function startListener(): Promise<LoopbackListener> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve); // LES-92
  });
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return {
    redirectUri,
    waitFor: (state, timeoutMs, signal) => waitFor(server, redirectUri, state, timeoutMs, signal),
    close: () => closeServer(server),
  };
}

function waitFor(
  server: Server,
  redirectUri: string,
  state: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const giveUp = (): void => reject(new CrossgrantError('sign_on_timeout', 'sign_on'));
    const timer = setTimeout(giveUp, timeoutMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    const { host } = new URL(redirectUri);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const url = new URL(request.url ?? '/', redirectUri);
      if (request.method !== 'GET' || url.pathname !== path) return reply(response, 404, 'There is nothing here.');
      if (request.headers.host !== host) return reply(response, 400, 'This is not the expected address.');
      if (url.searchParams.get('state') !== state) return reply(response, 400, anotherSignOn); // LES-92
      clearTimeout(timer);
      response.once('close', () => server.closeAllConnections());
      reply(response, 200, 'You are signed on. You can close this page.');
      resolve(url.href);
    });
  }).finally(() => closeServer(server));
}

function reply(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Crossgrant</title><p>${sentence}</p></html>`,
  );
}

function closeServer(server: Server): void {
  server.close();
  server.closeIdleConnections();
}
