import { grantTypes } from '@crossgrant/protocol';
import type { AuthorizationCode, Client, KoaContextWithOIDC, RefreshToken, Session } from 'oidc-provider';
import { AccessDenied, InvalidGrant } from 'oidc-provider/lib/helpers/errors.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import { isRegisteredRedirectUri } from '../clients/redirect-uri.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { type ArtifactDeps, artifactRow, consumeArtifact, revokeGrant } from '../store/artifacts.ts';
import { admitSignOn } from './admit.ts';
import type { SignOnDeps } from './deps.ts';
import { addressOf, provenClientOf } from './request-edge.ts';
import { signOutAudit } from './sign-out.ts';

type Replaceable = Record<string, unknown>;
type OneTime = (AuthorizationCode | RefreshToken) & { emit(event: string): void };
type Code = AuthorizationCode & {
  generateTokenId(): string;
  getValueAndPayload(): Promise<{ value: string; payload: Record<string, unknown> }>;
  emit(event: string): void;
  readonly remainingTTL: number;
};

/** Replaces what oidc-provider decides by reading first and writing later, and what it knows of clients and secrets. */
export function overrideModels(provider: Provider, deps: SignOnDeps): void {
  const artifacts: ArtifactDeps = {
    database: deps.database,
    tenantId: deps.tenantId,
    secretBox: deps.secretBox,
    clock: deps.clock,
  };
  overrideClients(provider);
  overrideOneTimeUse(provider, artifacts);
  overrideCodes(provider, deps, artifacts);
  overrideSessions(provider, deps);
  for (const grant of [grantTypes.tokenExchange, grantTypes.jwtBearer])
    provider.registerGrantType(grant, refuseForeignGrant);
}

function overrideClients(provider: Provider): void {
  const client = provider.Client.prototype as unknown as Replaceable;
  client.includeSid = () => true;
  client.redirectUriAllowed = function redirectUriAllowed(this: Client, asked: unknown): boolean {
    return isRegisteredRedirectUri(asked, this.redirectUris ?? []); // SSO-01, LES-01, BCP-01
  };
  client.postLogoutRedirectUriAllowed = function postLogoutRedirectUriAllowed(this: Client, asked: unknown): boolean {
    return isRegisteredRedirectUri(asked, this.postLogoutRedirectUris ?? []); // LES-01
  };
  // Who sends a request was decided at the edge, once for every method; see `client-edge.ts`.
  client.compareClientSecret = async function compareClientSecret(this: Client): Promise<boolean> {
    return provenClientOf(Provider.ctx?.req) === this.clientId; // CAU-06, LES-28
  };
  const schema = (provider.Client as unknown as { Schema: { prototype: Replaceable } }).Schema;
  schema.prototype.redirectUris = () => {};
}

/**
 * Codes and refresh tokens are used up by one conditional statement. Whoever comes second has shown the whole credential
 * and its proof, so the grant ends with every token of it.
 *
 * RFC 6749 §4.1.2, RFC 9700 §4.14.
 */
function overrideOneTimeUse(provider: Provider, artifacts: ArtifactDeps): void {
  for (const model of [provider.AuthorizationCode, provider.RefreshToken]) {
    const prototype = model.prototype as unknown as Replaceable;
    prototype.consume = async function consume(this: OneTime): Promise<void> {
      const isFirst = await consumeArtifact(artifacts, this.kind, this.jti);
      if (!isFirst && this.grantId !== undefined) await revokeGrant(artifacts, this.grantId);
      if (!isFirst) throw new InvalidGrant('already used'); // SSO-01, LES-24
      this.emit('consumed');
    };
  }
}

function overrideCodes(provider: Provider, deps: SignOnDeps, artifacts: ArtifactDeps): void {
  const prototype = provider.AuthorizationCode.prototype as unknown as Replaceable;
  prototype.save = async function save(this: Code): Promise<string> {
    const ctx = Provider.ctx;
    this.jti ||= this.generateTokenId();
    const { value, payload } = await this.getValueAndPayload();
    const { accountId, clientId, sid, sessionUid, authTime } = this;
    if (
      accountId === undefined ||
      clientId === undefined ||
      sid === undefined ||
      sessionUid === undefined ||
      authTime === undefined
    ) {
      throw new Error('an authorization code lacks the sign-on it rests on');
    }
    const refused = await admitSignOn(deps, {
      userId: accountId,
      clientId,
      sid,
      browserSession: sessionUid,
      authTime,
      acr: this.acr,
      amr: this.amr ?? [],
      address: ctx === undefined ? undefined : addressOf(ctx.req),
      scope: this.scope,
      codeRow: artifactRow(artifacts, this.kind, this.jti, payload, this.remainingTTL),
    });
    if (refused !== undefined) throw new AccessDenied(undefined, refused);
    this.emit('saved');
    return value;
  };
}

/** Signing out ends our sessions first: afterwards nothing of them works, even if the rest fails. */
function overrideSessions(provider: Provider, deps: SignOnDeps): void {
  const prototype = provider.Session.prototype as unknown as Replaceable & { destroy(): Promise<void> };
  const destroy = prototype.destroy;
  prototype.destroy = async function destroySession(this: Session): Promise<void> {
    if (this.accountId !== undefined) {
      const audit = signOutAudit(deps, { userId: this.accountId, ctx: Provider.ctx as KoaContextWithOIDC | undefined });
      await endSessions(deps.database, deps.tenantId, { browserSession: this.uid }, deps.clock(), audit); // SSO-10
    }
    await destroy.call(this);
  };
}

/** These grants are answered before oidc-provider sees the request; here they exist so that clients may register them. */
function refuseForeignGrant(): never {
  throw new InvalidGrant('this grant is not served here');
}
