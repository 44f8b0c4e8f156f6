import {
  type GuardedFetch,
  type IssuerKeys,
  type KeyAlert,
  Misuse,
  pinnedIssuerKeys,
  remoteIssuerKeys,
} from '@crossgrant/platform';
import { type Clock, limits, normalizeResource, parseIssuerUrl } from '@crossgrant/protocol';
import {
  defaultAlgorithms,
  importJwks,
  isSignatureAlgorithm,
  type SignatureAlgorithm,
  thumbprint,
} from '@crossgrant/protocol/jws';
import { canonicalDomain } from '../accounts/email-address.ts';
import type { AccountLinking, TenantMode, TrustedIssuer } from './resource-directory.ts';
import { defaultCustomer, type LinkingSettings, type TrustedIssuerSettings } from './settings.ts';

export interface TrustDeps {
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  /** Development: http issuers on loopback. */
  readonly development: boolean;
  /** Hears that the keys of an issuer could not be fetched or changed unexpectedly. */
  readonly onAlert?: (alert: KeyAlert) => void;
  /** Key sets that were opened before, so that a rebuilt directory keeps what they have fetched. */
  readonly opened: Map<string, IssuerKeys>;
}

/** Turns settings into a trust entry. Whatever cannot mean one thing only is a misuse, told with what to change. */
export function trustedIssuerFrom(settings: TrustedIssuerSettings, deps: TrustDeps): TrustedIssuer {
  const { issuer } = settings;
  const parsed = parseIssuerUrl(issuer, { allowHttpLoopback: deps.development });
  if (!parsed.ok)
    throw misuse(
      issuer,
      'issuer',
      `is no issuer identifier (${parsed.refusal.problem}); write it as its metadata does`,
    );

  return {
    issuer,
    customerId: settings.customer ?? defaultCustomer,
    keys: keysFrom(settings, deps),
    keySources: keySourcesOf(settings),
    algorithms: algorithmsFrom(settings),
    tenant: tenantFrom(settings),
    audTenants: settings.audTenants ?? [],
    skewSeconds: seconds(settings, 'skewSeconds', 0, limits.skewSecondsAtMost, limits.skewSeconds),
    lifetimeCapSeconds: seconds(settings, 'lifetimeCapSeconds', 1, lifetimeCapAtMost, limits.idJagSeconds),
    reuse: settings.reuse ?? 'refuse',
    toleratesTrailingSlash: settings.toleratesTrailingSlash === true,
    clients: settings.clients,
    resources: settings.resources,
    defaultResource: settings.defaultResource,
    defaultScopes: settings.defaultScopes,
    linking: linkingFrom(settings),
    state: settings.state ?? 'active',
  };
}

/** The longest life of an ID-JAG that can be configured: beyond an hour the IdP's policy is hardly asked any more. */
const lifetimeCapAtMost = 3_600;

/** One set per issuer and source, never shared between issuers. */
function keysFrom(settings: TrustedIssuerSettings, deps: TrustDeps): IssuerKeys {
  const name = JSON.stringify([settings.issuer, settings.keys]);
  const keys = deps.opened.get(name) ?? openKeys(settings, deps);
  deps.opened.set(name, keys);
  return keys;
}

function openKeys(settings: TrustedIssuerSettings, deps: TrustDeps): IssuerKeys {
  const { issuer, keys } = settings;
  const { fetch, clock, onAlert } = deps;
  if (keys === 'discovery') return remoteIssuerKeys({ source: { issuer }, fetch, clock, onAlert });
  if ('jwksUri' in keys && !URL.canParse(keys.jwksUri)) throw misuse(issuer, 'keys.jwksUri', 'is no URL');
  if ('jwksUri' in keys) return remoteIssuerKeys({ source: { jwksUri: keys.jwksUri }, fetch, clock, onAlert });
  const { problems, keys: imported } = importJwks(keys.jwks);
  if (imported.length === 0) throw misuse(issuer, 'keys', `hold no usable key: ${problems.join('; ')}`);
  return pinnedIssuerKeys(keys.jwks);
}

/** An address is one source in every spelling of its host, its port and its escapes. */
function keySourcesOf({ issuer, keys }: TrustedIssuerSettings): readonly string[] {
  if (keys === 'discovery') return [`metadata of ${issuer}`];
  if ('jwksUri' in keys) return [placeOf(keys.jwksUri)]; // LES-37
  return importJwks(keys.jwks).keys.map((key) => thumbprint(key.jwk));
}

function placeOf(address: string): string {
  const url = new URL(normalizeResource(address));
  url.hostname = url.hostname.replace(/\.$/, '');
  url.hash = '';
  return url.href;
}

function algorithmsFrom({ issuer, algorithms }: TrustedIssuerSettings): readonly SignatureAlgorithm[] {
  if (algorithms === undefined) return defaultAlgorithms;
  const known = algorithms.filter(isSignatureAlgorithm);
  if (known.length === 0 || known.length !== algorithms.length) {
    throw misuse(issuer, 'algorithms', `must be some of ${defaultAlgorithms.join(', ')}`);
  }
  return known;
}

function tenantFrom({ tenant }: TrustedIssuerSettings): TenantMode {
  if (tenant === undefined) return { mode: 'single' };
  return 'pin' in tenant ? { mode: 'single', pin: tenant.pin } : { mode: 'multi', map: tenant.map };
}

function linkingFrom({ issuer, linking }: TrustedIssuerSettings): AccountLinking {
  if (linking === undefined)
    throw misuse(issuer, 'linking', 'must say how people become accounts: jit, linked, or the ways in detail'); // SUB-01
  const ways = expandLinking(linking);
  const domains = (ways.verifiedDomains ?? []).map((domain) => {
    const canonical = canonicalDomain(domain);
    if (canonical === undefined)
      throw misuse(issuer, 'linking.verifiedDomains', `holds ${JSON.stringify(domain)}, which is no domain`);
    return canonical;
  });
  if (ways.email === true && domains.length === 0) {
    throw misuse(
      issuer,
      'linking.email',
      'needs verifiedDomains: an address counts only in a domain verified for this issuer',
    );
  }
  return { jit: ways.jit === true, email: ways.email === true, verifiedDomains: domains, audSub: ways.audSub === true };
}

function expandLinking(linking: LinkingSettings): Exclude<LinkingSettings, string> {
  return linking === 'jit' ? { jit: true } : linking === 'linked' ? {} : linking;
}

function seconds(
  settings: TrustedIssuerSettings,
  name: 'skewSeconds' | 'lifetimeCapSeconds',
  least: number,
  most: number,
  byDefault: number,
): number {
  const value = settings[name] ?? byDefault;
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw misuse(settings.issuer, name, `must be whole seconds from ${least} to ${most}`); // LES-35, ATK-45
  return value;
}

function misuse(issuer: string, field: string, problem: string): Misuse {
  return new Misuse('trusted-issuer/invalid', `Trusted issuer ${issuer}: ${field} ${problem}.`);
}
