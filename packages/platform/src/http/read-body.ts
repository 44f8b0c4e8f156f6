import type { IncomingMessage } from 'node:http';

export type BodyReading = { readonly body: Buffer } | { readonly problem: 'too-large' | 'aborted' };

/** Reads the whole body. Bytes are counted as they arrive, whatever length was announced. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.resolve({ problem: 'too-large' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBytes) return tooLarge(); // LES-31
      chunks.push(chunk);
    });
    function tooLarge(): void {
      request.removeAllListeners('data');
      request.resume();
      resolve({ problem: 'too-large' });
    }
    request.on('end', () =>
      resolve({ body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks) }),
    );
    request.on('error', () => resolve({ problem: 'aborted' }));
    request.on('close', () => resolve({ problem: 'aborted' }));
  });
}
