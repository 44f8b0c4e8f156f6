import type { Session } from '../sessions.ts';
import type { SigningOn, SignOnRequest } from '../sign-on/request.ts';
import { startListener } from './listener.ts';
import { openBrowser } from './open-browser.ts';

export { openBrowser } from './open-browser.ts';

export interface LoopbackSignOn extends Omit<SignOnRequest, 'redirectUri'> {
  /** Shows the address to the person; the default opens the browser of the system. */
  readonly open?: (url: string) => unknown;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Signs a person on with the browser of the system and a listener on this machine.
 *
 * The redirect address is `http://127.0.0.1:<port>/callback`: the identity provider registers it without the port.
 *
 * RFC 8252 §7.3, OpenID Connect Core §3.1.
 */
export async function signOnWithBrowser(client: SigningOn, options: LoopbackSignOn = {}): Promise<Session> {
  const { open = openBrowser, timeoutMs = 300_000, signal, ...request } = options;
  const listener = await startListener();
  try {
    const { url, pending } = await client.beginSignOn({ ...request, redirectUri: listener.redirectUri });
    const answer = listener.waitFor(pending.state, timeoutMs, signal);
    answer.catch(() => undefined);
    await open(url);
    return await client.finishSignOn(pending, await answer);
  } finally {
    listener.close();
  }
}
