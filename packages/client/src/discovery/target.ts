import type * as oauth from 'oauth4webapi';
import type { ResourceServerCredentials } from '../options.ts';

declare const checked: unique symbol;

/** The metadata of an authorization server whose issuer was checked. Only `findAuthorizationServer` makes one. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly metadata: oauth.AuthorizationServer;
  readonly [checked]: true;
}

/** A resource, the authorization server it belongs to, and the registration of the client there. */
export interface Target {
  readonly resource: string;
  readonly scopesSupported: readonly string[] | undefined;
  readonly server: AuthorizationServer;
  readonly credentials: ResourceServerCredentials;
}
