import type { Session } from '../sessions.ts';

export interface SignOnRequest {
  /** Registered at the identity provider, and used for it alone. */
  readonly redirectUri: string;
  /** `openid` is always asked for; the default adds `offline_access`. */
  readonly scopes?: readonly string[];
  /** Sign on again for this session; another person is refused. */
  readonly session?: string;
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
  readonly prompt?: 'login' | 'consent' | 'none' | 'select_account';
  /** Further parameters, for example `login_hint`. Reserved names are refused. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** What has to be kept, on the side of the client, until the answer arrives. */
export interface PendingSignOn {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly maxAge?: number;
  readonly session?: string;
}

/** The outcome of a sign-on that the application did itself. */
export interface AdoptedSignOn {
  readonly idToken: string;
  readonly refreshToken?: string;
  readonly session?: string;
}

/** The part of a client that signs people on. */
export interface SigningOn {
  /** The address to open in the person's browser, and what to keep until the answer comes. */
  beginSignOn(request: SignOnRequest): Promise<{ readonly url: string; readonly pending: PendingSignOn }>;
  finishSignOn(pending: PendingSignOn, callbackUrl: string): Promise<Session>;
  /** Takes over a sign-on that the application did itself. */
  adoptSignOn(signOn: AdoptedSignOn): Promise<Session>;
}
