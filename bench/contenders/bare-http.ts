import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientSecret } from '../scenario.ts';

export type BareAnswer = { readonly ok: true; readonly body: string } | { readonly ok: false };

/**
 * A token endpoint that does nothing it could leave out: reads the form, compares the hash of the client's secret, and
 * answers with what `grant` yields. There is no routing, no limit, no policy, no log.
 */
export async function serveBare(
  clientId: string,
  grant: (form: URLSearchParams, done: (answer: BareAnswer) => void) => void,
): Promise<{ port: number; close(): Promise<void> }> {
  const secretHash = sha256(clientSecret);
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const [id, secret] = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64')
        .toString()
        .split(':');
      const isClient = id === clientId && timingSafeEqual(sha256(secret ?? ''), secretHash);
      const done = (answer: BareAnswer): void => {
        const text = answer.ok ? answer.body : '{"error":"invalid_grant"}';
        response.writeHead(answer.ok ? 200 : 400, {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          'content-length': Buffer.byteLength(text),
        });
        response.end(text);
      };
      if (isClient) grant(new URLSearchParams(body), done);
      else done({ ok: false });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
