import type { CrossgrantClient } from '../client.ts';
import { type CrossgrantError, isCrossgrantError } from '../errors.ts';

/** Answers what the identity provider posts to the back-channel logout address of the application. */
export interface LogoutReceiver {
  /** The form as it arrived; the answer to give. */
  receive(form: { readonly contentType: string | null | undefined; readonly body: string }): Promise<LogoutAnswer>;
  /** The same for frameworks with `Request` and `Response`. */
  respond(request: Request): Promise<Response>;
}

export interface LogoutAnswer {
  readonly status: 200 | 400 | 500;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LogoutReceiverOptions {
  /** Told about what was refused, for a log; the texts hold no tokens. */
  readonly onRefused?: (failure: CrossgrantError) => void;
}

const maxBytes = 65_536;

/**
 * Ends the sessions that the identity provider reports as over, with all their tokens.
 *
 * OpenID Connect Back-Channel Logout §2.5–2.8.
 */
export function createLogoutReceiver(client: CrossgrantClient, options: LogoutReceiverOptions = {}): LogoutReceiver {
  const receive: LogoutReceiver['receive'] = async ({ contentType, body }) => {
    const isForm = /^application\/x-www-form-urlencoded(?:[ \t]*;|$)/i.test(contentType ?? '');
    const tokens = isForm && body.length <= maxBytes ? new URLSearchParams(body).getAll('logout_token') : [];
    const [token] = tokens;
    if (token === undefined || tokens.length > 1) return answer(400);
    try {
      await client.receiveLogoutToken(token);
      return answer(200); // SSO-07
    } catch (error) {
      if (!isCrossgrantError(error)) throw error;
      options.onRefused?.(error);
      return answer(error.code === 'logout_token_refused' ? 400 : 500); // SSO-07
    }
  };
  return {
    receive,
    async respond(request) {
      const isTooLong = Number(request.headers.get('content-length') ?? 0) > maxBytes;
      const body = request.method === 'POST' && !isTooLong ? await request.text() : '';
      const { status, headers, body: text } = await receive({ contentType: request.headers.get('content-type'), body });
      return new Response(text, { status, headers });
    },
  };
}

function answer(status: LogoutAnswer['status']): LogoutAnswer {
  const json = status === 400 ? { error: 'invalid_request' } : { error: 'server_error' };
  return {
    status,
    headers: { 'cache-control': 'no-store', 'content-type': 'application/json' }, // SSO-07
    body: status === 200 ? '{}' : JSON.stringify(json),
  };
}
