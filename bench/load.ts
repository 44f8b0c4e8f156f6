import { connect, type Socket } from 'node:net';

export interface LoadResult {
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  /** Answers whose status is not 200, and connections that broke. */
  readonly errors: number;
  readonly firstError: string | undefined;
}

/**
 * Sends every request once over `connections` keep-alive connections, one request at a time on each, as fast as they are
 * answered. It does as little as possible itself, so that the server is what is measured.
 */
export async function sendAll(port: number, requests: readonly string[], connections = 32): Promise<LoadResult> {
  const queue = requests.values();
  const latenciesMs: number[] = [];
  let errors = 0;
  let firstError: string | undefined;
  const fail = (what: string): void => {
    errors += 1;
    firstError ??= what;
  };

  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const began = performance.now();
  await Promise.all(
    sockets.map((socket) =>
      drive(socket, queue, (status, text, elapsed) => {
        latenciesMs.push(elapsed);
        if (status !== 200) fail(`${status} ${text}`);
      }).catch((error: unknown) => fail(String(error))),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const socket of sockets) socket.destroy();
  return { seconds, latenciesMs, errors, firstError };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** One connection: the next request leaves when the answer to the last one is complete. */
function drive(
  socket: Socket,
  queue: Iterator<string>,
  answered: (status: number, text: string, elapsedMs: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let buffered = '';
    let sentAt = 0;
    const next = (): void => {
      const { value, done } = queue.next();
      if (done === true) {
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(value, 'latin1');
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      buffered = buffered === '' ? chunk : buffered + chunk;
      const end = endOfAnswer(buffered);
      if (end < 0) return;
      answered(Number(buffered.slice(9, 12)), buffered.slice(0, end), performance.now() - sentAt);
      buffered = buffered.slice(end);
      next();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    next();
  });
}

/** Where the first answer ends, by its length or by its last chunk; -1 while it is incomplete. */
function endOfAnswer(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const announced = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head + 2))?.[1];
  if (announced === undefined) {
    const last = text.indexOf('\r\n0\r\n\r\n', head);
    return last < 0 ? -1 : last + 7;
  }
  const end = head + 4 + Number(announced);
  return text.length < end ? -1 : end;
}
