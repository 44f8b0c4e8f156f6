import { Misuse } from '@crossgrant/platform';
import type { Context } from 'hono';
import { readBytes } from './fetch.ts';

/** What middleware in front has read counts as bytes alone: a parsed form may have lost a parameter that was sent twice. */
export async function readRaw({ req }: Context, bytesAtMost: number): Promise<Uint8Array | undefined> {
  if (!req.raw.bodyUsed) return readBytes(req.raw.body, bytesAtMost);
  const kept = (await req.bodyCache.arrayBuffer) ?? (await req.bodyCache.text);
  if (kept === undefined) throw new Misuse('server/body-gone', 'Mount authorizationServer before what parses bodies.'); // RED-01
  const bytes = Buffer.from(kept as string);
  return bytes.length > bytesAtMost ? undefined : bytes;
}

/** The address of the other end, as the server of Node tells it. */
export function peerAddress(c: Context): string {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress ?? '';
}
