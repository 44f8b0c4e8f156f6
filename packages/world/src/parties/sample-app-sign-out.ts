import type { SampleAppFacts } from './sample-app-client.ts';

/**
 * Where the browser goes to end the sign-on at the IdP too. Without that the next sign-on would be answered silently,
 * with the same person. Nothing when the IdP names no such place, or another server's.
 *
 * OpenID Connect RP-Initiated Logout §2.
 */
export async function signOutAddress(facts: SampleAppFacts, idToken: string | undefined): Promise<string | undefined> {
  const endpoint = await findEndpoint(facts.idpIssuer);
  if (endpoint === undefined) return undefined;
  endpoint.searchParams.set('client_id', facts.clientId);
  if (idToken !== undefined) endpoint.searchParams.set('id_token_hint', idToken);
  if (facts.afterSignOut !== undefined) endpoint.searchParams.set('post_logout_redirect_uri', facts.afterSignOut);
  return endpoint.href;
}

async function findEndpoint(issuer: string): Promise<URL | undefined> {
  try {
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      redirect: 'error',
      signal: AbortSignal.timeout(5_000),
    });
    const endpoint = new URL(((await response.json()) as { end_session_endpoint: string }).end_session_endpoint);
    return endpoint.origin === new URL(issuer).origin ? endpoint : undefined;
  } catch {
    return undefined;
  }
}
