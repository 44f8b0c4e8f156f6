import { remembering } from '@crossgrant/protocol';
import { Misuse } from '../errors.ts';
import {
  type AddressBytes,
  type AddressRange,
  contains,
  formatAddress,
  parseAddress,
  parseRange,
} from '../outbound/address.ts';

/** Reads a list of ranges from configuration. A range that cannot be read stops the start. */
export function parseRanges(texts: readonly string[], setting: string): readonly AddressRange[] {
  return texts.map((text) => {
    const range = parseRange(text);
    if (range === undefined)
      throw new Misuse(
        'address/range',
        `${setting}: ${JSON.stringify(text)} is not an address or a range such as 10.0.0.0/8.`,
      );
    return range;
  });
}

/**
 * The address a request comes from. `X-Forwarded-For` counts only when the peer is a named proxy, and then from the
 * right: the last hop that is not a named proxy. What cannot be read ends the walk at the hop that vouched for it.
 */
export function remoteAddress(
  peer: string | undefined,
  forwardedFor: readonly string[],
  trustedProxies: readonly AddressRange[],
): string {
  const text = peer ?? '';
  if (trustedProxies.length === 0) return plainAddress(text);
  const peerBytes = parsePeer(text);
  if (peerBytes === undefined) return '';
  let hop = peerBytes;
  const claimed = forwardedFor
    .join(',')
    .split(',')
    .map((part) => part.trim());
  for (;;) {
    if (!trustedProxies.some((range) => contains(range, hop))) break; // LES-74
    const next = parseAddress(claimed.pop() ?? '');
    if (next === undefined) break;
    hop = next;
  }
  return formatAddress(hop);
}

/** Connections are kept, and so are their peers. */
const plainAddress = remembering((peer) => {
  const bytes = parsePeer(peer);
  return bytes === undefined ? '' : formatAddress(bytes);
});

function parsePeer(peer: string): AddressBytes | undefined {
  return parseAddress(peer.replace(/%.*$/, ''));
}
