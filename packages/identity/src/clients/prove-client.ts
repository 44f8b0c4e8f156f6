import { readClientAssertion, verifyClientAssertion } from '@crossgrant/platform';
import {
  type AcceptedClientAssertion,
  ok,
  type PresentedCredentials,
  type Result,
  refuse,
  toSeconds,
} from '@crossgrant/protocol';
import { authenticateClient, type ClientAuthenticationDeps } from './authenticate-client.ts';
import type { ClientApp } from './client-app.ts';
import type { ClientKeys } from './client-keys.ts';

/** Which client a request claims to come from; nothing of it is proven. */
export interface ClientClaim {
  readonly clientId: string;
  readonly presented: PresentedCredentials;
  readonly assertion?: Extract<ReturnType<typeof readClientAssertion>, { ok: true }>['value'];
}

/** A client app that proved itself. An assertion must be used up before anything that rests on it is answered. */
export interface ProvenClientApp {
  readonly client: ClientApp;
  readonly clientAssertion: AcceptedClientAssertion | undefined;
}

export interface ProofDeps extends ClientAuthenticationDeps {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly clientKeys: ClientKeys;
}

/** Reads whom the credentials name, so that the app can be looked up. RFC 7521 §4.2. */
export function readClientClaim(presented: PresentedCredentials): Result<ClientClaim> {
  if (presented.method !== 'private_key_jwt') return ok({ clientId: presented.clientId, presented });
  const assertion = readClientAssertion(presented);
  return assertion.ok ? ok({ clientId: assertion.value.clientId, presented, assertion: assertion.value }) : assertion;
}

/**
 * Proves which client app sends a request, by secret at once, by assertion with the keys of the app. The method must be
 * one the app is registered for: a secret is no way round a key.
 *
 * RFC 6749 §2.3, RFC 7523 §3.
 */
export function proveClientApp(
  app: ClientApp | undefined,
  claim: ClientClaim,
  deps: ProofDeps,
): Result<ProvenClientApp> | Promise<Result<ProvenClientApp>> {
  if (claim.assertion !== undefined) return proveByAssertion(app, claim.assertion, deps);
  const proven = authenticateClient(app, claim.presented, deps);
  return proven.ok ? ok({ client: proven.value, clientAssertion: undefined }) : proven;
}

async function proveByAssertion(
  app: ClientApp | undefined,
  assertion: NonNullable<ClientClaim['assertion']>,
  deps: ProofDeps,
): Promise<Result<ProvenClientApp>> {
  if (app === undefined) return refuse('client/unknown');
  if (!app.tokenEndpointAuthMethods.includes('private_key_jwt')) return refuse('client/method'); // LES-28
  const keys = deps.clientKeys(app);
  if (keys === undefined) return refuse('client/method');
  const { clientId, tokenEndpointAudience } = app;
  const { issuer, tokenEndpoint } = deps;
  const verifier = { issuer, tokenEndpoint, nowSeconds: toSeconds(deps.nowMs) };
  const accepted = await verifyClientAssertion(assertion, { clientId, keys, tokenEndpointAudience }, verifier);
  if (!accepted.ok) return accepted; // CAU-02, ATK-56
  if (app.state !== 'active') return refuse('client/blocked'); // LES-20
  return ok({ client: app, clientAssertion: accepted.value });
}
