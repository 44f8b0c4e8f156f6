import { isStoreFault } from '@crossgrant/platform';
import { faultResponse, newId } from '@crossgrant/protocol';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Provider } from 'oidc-provider/lib/provider.js';
import { renderErrorPage } from '../pages/message-pages.ts';
import { pageHeaders } from '../pages/page.ts';
import type { SignOnDeps } from './deps.ts';
import { addressOf } from './request-edge.ts';
import { finishWithoutSession } from './sign-out.ts';
import { recordUnproven } from './unproven.ts';

interface RequestState {
  /** Decision id of this request. */
  id?: string;
  refused?: { readonly error: string; readonly error_detail?: string };
  fault?: unknown;
}

/** An error page by code. Nothing of the request is printed. */
export async function renderFailure(
  deps: SignOnDeps,
  ctx: KoaContextWithOIDC,
  code: string,
  error: unknown,
): Promise<void> {
  const isAway = isStoreFault(error);
  if (isAway) ctx.status = 503;
  const id = stateOf(ctx).id ?? newId('aud', deps.clock());
  const detail = (error as RequestState['refused'] | undefined)?.error_detail;
  deps.log.info({ id, reason: code, detail, client: ctx.oidc?.client?.clientId }, 'a sign-on request was refused');
  ctx.set(pageHeaders());
  ctx.body = await renderErrorPage(isAway ? 'temporarily_unavailable' : code, {
    tenantName: deps.tenantName,
    issuer: deps.issuer,
    id,
  });
}

/**
 * Gives every request of oidc-provider a decision id, writes its refusals to the audit log before they are answered, and
 * turns faults into the id and nothing else.
 */
export function watchFailures(provider: Provider, deps: SignOnDeps): void {
  const remember = (ctx: KoaContextWithOIDC, error: unknown): void => {
    stateOf(ctx).refused = error as RequestState['refused'];
  };
  for (const event of refusals) (provider as NodeJS.EventEmitter).on(event, remember);
  provider.on('server_error', (ctx, error) => {
    stateOf(ctx).fault = error;
  });
  (provider as NodeJS.EventEmitter).on('error', (error) => deps.log.error({ err: error }, 'sign-on failed'));

  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    const id = newId('aud', deps.clock());
    stateOf(ctx).id = id;
    ctx.set(libraryPageHeaders);
    await next();
    const { refused, fault } = stateOf(ctx);
    if (fault !== undefined) answerFault(deps, ctx, fault, id);
    else if (refused !== undefined) await answerRefusal(deps, ctx, refused, id);
    else if (ctx.oidc?.route === 'end_session' && ctx.status === 200) await finishWithoutSession(deps, ctx);
    else if (ctx.status === 404 && ctx.body === undefined) await answerNothingHere(deps, ctx);
  });
}

const refusals = [
  'grant.error',
  'revocation.error',
  'userinfo.error',
  'end_session.error',
  'end_session_confirm.error',
  'end_session_success.error',
];

/** For pages oidc-provider makes itself. They submit a form by a script, which it adds to the policy by its hash. */
const libraryPageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; script-src; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

async function answerNothingHere(deps: SignOnDeps, ctx: KoaContextWithOIDC): Promise<void> {
  await renderFailure(deps, ctx, 'not_found', undefined);
  ctx.status = 404;
}

function answerFault(deps: SignOnDeps, ctx: KoaContextWithOIDC, fault: unknown, id: string): void {
  const isAway = isStoreFault(fault);
  deps.log.error({ err: fault, id, route: ctx.oidc?.route }, 'sign-on failed');
  if (ctx.type === 'text/html') return;
  const response = faultResponse(isAway ? 'temporarily_unavailable' : 'server_error', id);
  ctx.status = response.status;
  ctx.set(response.headers);
  ctx.body = response.body;
}

async function answerRefusal(
  deps: SignOnDeps,
  ctx: KoaContextWithOIDC,
  refused: NonNullable<RequestState['refused']>,
  id: string,
): Promise<void> {
  await recordRefusal(deps, ctx, refused, id);
  const body = ctx.body as { error?: string; error_description?: string } | undefined;
  if (typeof body !== 'object' || body?.error === undefined) return;
  const page = deps.explainUrl === undefined ? {} : { error_uri: `${deps.explainUrl}/${id}` };
  ctx.body = { ...body, error_description: `${body.error_description ?? body.error} [${id}]`, ...page };
}

/** At these endpoints the client has proven itself before oidc-provider saw the request; at the others nobody has. */
const provenRoutes: readonly unknown[] = ['token', 'revocation'];

async function recordRefusal(
  deps: SignOnDeps,
  ctx: KoaContextWithOIDC,
  refused: NonNullable<RequestState['refused']>,
  id: string,
): Promise<void> {
  const { client, entities, route } = ctx.oidc;
  const code = `sign-on/${refused.error}`;
  if (!provenRoutes.includes(route)) {
    const address = addressOf(ctx.req) ?? '';
    return recordUnproven(deps, { id, kind: 'sign_on', code, client: client?.clientId, address }); // LES-84
  }
  const source = entities as unknown as {
    RefreshToken?: { accountId?: string };
    AuthorizationCode?: { accountId?: string };
  };
  const person = source.RefreshToken?.accountId ?? source.AuthorizationCode?.accountId;
  await deps.database.commits.audit({
    id,
    scope: deps.tenantId,
    at: deps.clock(),
    kind: refused.error === 'invalid_client' ? 'client_authentication' : 'sign_on',
    outcome: 'refused',
    code,
    client: client?.clientId,
    facts: { route, detail: refused.error_detail ?? null },
    personal: person === undefined ? undefined : { person, address: addressOf(ctx.req) },
  });
}

function stateOf(ctx: KoaContextWithOIDC): RequestState {
  return ctx.state as RequestState;
}
