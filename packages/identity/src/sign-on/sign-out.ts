import type { AuditEntry } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { renderSignedOutPage, renderSignOutPage } from '../pages/message-pages.ts';
import { pageHeaders } from '../pages/page.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { findSession } from '../sessions/session.ts';
import type { SignOnDeps } from './deps.ts';
import { addressOf } from './request-edge.ts';

/** Asks the person, whatever the app presents. */
export async function signOutSource(deps: SignOnDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const state = ctx.oidc.session?.state as { secret?: string; postLogoutRedirectUri?: string } | undefined;
  const target = (ctx.oidc.params as { post_logout_redirect_uri?: string } | undefined)?.post_logout_redirect_uri;
  ctx.set(pageHeaders(target === undefined ? [] : [formSource(target)]));
  ctx.body = await renderSignOutPage({
    tenantName: deps.tenantName,
    issuer: deps.issuer,
    clientName: ctx.oidc.client?.clientName,
    action: ctx.oidc.urlFor('end_session_confirm'),
    xsrf: state?.secret ?? '',
  });
}

export async function signedOutSource(deps: SignOnDeps, ctx: KoaContextWithOIDC): Promise<void> {
  ctx.set(pageHeaders());
  ctx.body = await renderSignedOutPage({
    tenantName: deps.tenantName,
    issuer: deps.issuer,
    isSignedOut: ctx.oidc.client === undefined,
  });
}

/**
 * Answers a sign-out of a browser that is not signed on: there is nobody to ask, so it goes on to the registered address
 * at once. The session of a valid `id_token_hint` ends all the same: cleared cookies must not keep a session alive that
 * its owner asked to end.
 */
export async function finishWithoutSession(deps: SignOnDeps, ctx: KoaContextWithOIDC): Promise<void> {
  if (ctx.oidc.session?.accountId !== undefined) return;
  await endHintedSession(deps, ctx);
  const { post_logout_redirect_uri: registered, state } = ctx.oidc.params as {
    post_logout_redirect_uri?: string;
    state?: string;
  };
  const target = new URL(registered ?? `${deps.issuer.replace(/\/$/, '')}/logout/success`);
  if (registered !== undefined && state !== undefined) target.searchParams.set('state', state);
  ctx.status = 303;
  ctx.redirect(target.href);
}

async function endHintedSession(deps: SignOnDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const hint = (ctx.oidc.entities as unknown as { IdTokenHint?: { payload: { sid?: unknown; sub?: unknown } } })
    .IdTokenHint;
  const { sid, sub } = hint?.payload ?? {};
  if (typeof sid !== 'string' || typeof sub !== 'string') return;
  const session = await findSession(deps.database, deps.tenantId, sid);
  if (session === undefined || session.endedAt !== undefined || session.userId !== sub) return;
  await endSessions(deps.database, deps.tenantId, { sid }, deps.clock(), signOutAudit(deps, { userId: sub, ctx })); // LES-03
}

export function signOutAudit(
  deps: SignOnDeps,
  facts: { readonly userId: string; readonly ctx: KoaContextWithOIDC | undefined },
): AuditEntry {
  const { userId, ctx } = facts;
  return {
    id: newId('aud', deps.clock()),
    scope: deps.tenantId,
    at: deps.clock(),
    kind: 'sign_out',
    outcome: 'done',
    client: ctx?.oidc.client?.clientId,
    personal: { person: userId, address: ctx === undefined ? undefined : addressOf(ctx.req) },
  };
}

/** The CSP source of an address a form leads to in the end: an origin, or the scheme of an app. */
export function formSource(uri: string): string {
  const url = new URL(uri);
  return url.origin === 'null' ? url.protocol : url.origin;
}
