import { lookup as systemLookup } from 'node:dns/promises';
import { buildConnector } from 'undici';
import { type AddressRange, contains, formatAddress, parseAddress } from './address.ts';
import { isGlobalUnicast, isLoopback } from './global-unicast.ts';

/** Why nothing was sent, or why an answer was not taken. */
export type OutboundProblem = 'url' | 'address' | 'redirect' | 'encoding' | 'too-large' | 'timeout' | 'network';

/** A request to another party that was refused or failed. The message is for administrators. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure';
  readonly problem: OutboundProblem;

  constructor(problem: OutboundProblem, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}

export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface ConnectPolicy {
  readonly isDevelopment: boolean;
  /** Private ranges an operator has opened. */
  readonly allowedRanges: readonly AddressRange[];
  readonly resolve: Resolve;
  /** Further certificate authorities, PEM. */
  readonly certificateAuthorities?: readonly string[];
  readonly timeoutMs: number;
}

/**
 * A connector that resolves a name, checks every address it got and connects to one of those very addresses.
 * Nothing is resolved again between check and connection, so a name that changes its mind changes nothing.
 */
export function guardedConnector(
  policy: ConnectPolicy,
  onAddress: (address: string) => void,
): buildConnector.connector {
  const connect = buildConnector({
    timeout: policy.timeoutMs,
    minVersion: 'TLSv1.2',
    maxCachedSessions: 0,
    ...(policy.certificateAuthorities === undefined ? {} : { ca: [...policy.certificateAuthorities] }),
  });
  return (options, callback) => {
    const isName = parseAddress(bare(options.hostname)) === undefined;
    const servername = isName ? options.hostname : options.servername;
    const attempt = ([address = '', ...others]: readonly string[]): void => {
      onAddress(address);
      connect({ ...options, hostname: address, servername }, (error, socket) => {
        if (error !== null && others.length > 0) attempt(others);
        else if (error !== null) callback(error, null);
        else callback(null, socket);
      });
    };
    checkedAddresses(options.hostname, options.protocol, policy).then(attempt, (error: Error) => callback(error, null));
  };
}

/** The addresses to connect to, after every address of the name has passed. */
async function checkedAddresses(hostname: string, protocol: string, policy: ConnectPolicy): Promise<readonly string[]> {
  const host = bare(hostname);
  const literal = parseAddress(host);
  const found = literal === undefined ? await resolveName(host, policy.resolve) : [host];
  const addresses = found.map((text) => ({ text, bytes: parseAddress(text) }));
  for (const { text, bytes } of addresses) {
    const mayBeReached = bytes !== undefined && isReachable(bytes, protocol, policy);
    if (!mayBeReached) throw new OutboundFailure('address', `${host} leads to ${text}`); // CID-06, KEY-03, ATK-16, LES-40, LES-41
  }
  if (addresses.length === 0) throw new OutboundFailure('address', `${host} has no address`);
  return addresses.slice(0, mostAttempts).map(({ bytes = new Uint8Array() }) => formatAddress(bytes));
}

const mostAttempts = 4;

function isReachable(address: Uint8Array, protocol: string, policy: ConnectPolicy): boolean {
  if (policy.isDevelopment && isLoopback(address)) return true;
  if (protocol !== 'https:') return false; // BCP-05
  return isGlobalUnicast(address) || policy.allowedRanges.some((range) => contains(range, address));
}

async function resolveName(host: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(host);
  } catch (error) {
    throw new OutboundFailure('network', `${host} cannot be resolved`, error);
  }
}

export async function resolveBySystem(hostname: string): Promise<readonly string[]> {
  return (await systemLookup(hostname, { all: true })).map((entry) => entry.address);
}

function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
