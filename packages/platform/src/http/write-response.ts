import type { ServerResponse } from 'node:http';
import type { PlainResponse } from '@crossgrant/protocol';

/** Writes a plain response. The one place where header text meets the socket; a line break in it is a fault, not a header. */
export function writeResponse(response: ServerResponse, answer: PlainResponse, withBody: boolean): void {
  const body = Buffer.from(answer.body, 'utf8');
  const headers: Record<string, string> = { ...answer.headers };
  for (const [name, value] of Object.entries(headers)) {
    if (unsafeValue.test(value) || !headerName.test(name)) throw new Error(`no text for a header: ${name}`); // LES-30
  }
  response.writeHead(answer.status, { ...headers, 'content-length': String(body.length) });
  response.end(withBody ? body : undefined);
}

const unsafeValue = /[^\t\x20-\x7e]/;
const headerName = /^[A-Za-z0-9-]+$/;
