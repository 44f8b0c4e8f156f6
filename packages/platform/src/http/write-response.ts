import type { ServerResponse } from 'node:http';
import type { PlainResponse } from '@crossgrant/protocol';

/**
 * Writes a plain response, with the headers that every answer of the edge carries. The one place where header text meets
 * the socket; a line break in it is a fault, not a header.
 */
export function writeResponse(
  response: ServerResponse,
  answer: PlainResponse,
  withBody: boolean,
  edgeHeaders: Readonly<Record<string, string>>,
): void {
  const headers: Record<string, string> = { ...edgeHeaders, ...answer.headers };
  for (const name of Object.keys(headers)) {
    if (unsafeValue.test(headers[name] ?? '') || !headerName.test(name))
      throw new Error(`no text for a header: ${name}`); // LES-30
  }
  headers['content-length'] = String(Buffer.byteLength(answer.body, 'utf8'));
  response.writeHead(answer.status, headers);
  response.end(withBody ? answer.body : undefined);
}

const unsafeValue = /[^\t\x20-\x7e]/;
const headerName = /^[A-Za-z0-9-]+$/;
