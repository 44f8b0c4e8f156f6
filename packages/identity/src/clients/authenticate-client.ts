import type { SecretBox } from '@crossgrant/platform';
import { ok, type PresentedCredentials, type Result, refuse } from '@crossgrant/protocol';
import type { ClientApp } from './client-app.ts';
import { clientSecretMac, isSameMac } from './client-secret.ts';

export interface ClientAuthenticationDeps {
  readonly secretBox: SecretBox;
  readonly nowMs: number;
}

/**
 * Proves which client app sends a request. The method must be one the app is registered for, and only a proven method
 * counts: a secret does not stand in for a key, nor the mere client id for either. Assertions are proven in `prove-client.ts`.
 *
 * An unknown client costs the same computation as a known one. Blocked clients are told only after their proof.
 *
 * RFC 6749 §2.3, RFC 9700 §2.5.
 */
export function authenticateClient(
  app: ClientApp | undefined,
  presented: PresentedCredentials,
  deps: ClientAuthenticationDeps,
): Result<ClientApp> {
  const isSecretRight = presentedSecretIsLive(app, presented, deps);
  if (app === undefined) return refuse('client/unknown');
  if (!app.tokenEndpointAuthMethods.includes(presented.method)) return refuse('client/method'); // LES-28
  if (presented.clientId !== app.clientId) return refuse('client/unknown'); // CAU-08
  if (presented.method !== 'none' && !isSecretRight) return refuse('client/secret'); // CAU-06
  if (app.state !== 'active') return refuse('client/blocked'); // LES-20
  return ok(app);
}

/** Every live secret is compared, whether or not an earlier one matched. */
function presentedSecretIsLive(
  app: ClientApp | undefined,
  presented: PresentedCredentials,
  deps: ClientAuthenticationDeps,
): boolean {
  if (!('secret' in presented)) return false;
  const owner = app ?? { tenantId: '', clientId: presented.clientId };
  const mac = clientSecretMac(deps.secretBox, owner, presented.secret);
  let isLive = false;

  for (const stored of app?.secretMacs ?? []) {
    const isCurrent = stored.expiresAt === undefined || stored.expiresAt > deps.nowMs; // CAU-06
    const isEqual = isSameMac(stored.mac, mac);
    isLive ||= isEqual && isCurrent;
  }
  return isLive;
}
