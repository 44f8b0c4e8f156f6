import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId, parseForm } from '@crossgrant/protocol';
import type { Interaction } from 'oidc-provider';
import { SessionNotFound } from 'oidc-provider/lib/helpers/errors.js';
import type { Provider } from 'oidc-provider/lib/provider.js';
import { renderErrorPage } from '../pages/message-pages.ts';
import { pageHeaders } from '../pages/page.ts';
import { renderSignOnPage, type SignOnProblem } from '../pages/sign-on-page.ts';
import { findPerson } from '../people/person.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { checkPassword } from './check-password.ts';
import { signOnPath } from './configuration.ts';
import type { SignOnDeps } from './deps.ts';
import { addressOf } from './request-edge.ts';
import { formSource, signOutAudit } from './sign-out.ts';

interface Exchange {
  readonly provider: Provider;
  readonly deps: SignOnDeps;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Whether a path is a sign-on page: `/sign-on/ID`. */
export function isSignOnPath(path: string): boolean {
  return /^\/sign-on\/[A-Za-z0-9_-]{1,128}$/.test(path);
}

/** Shows the form, and takes its answer. Everything else about the sign-on is read from storage, by the cookie. */
export async function serveSignOn(exchange: Exchange, body: string): Promise<void> {
  const interaction = await findInteraction(exchange);
  if (interaction === undefined) return fail(exchange, 400, 'sign_on_gone');
  if (exchange.req.method === 'GET' || exchange.req.method === 'HEAD') {
    return showForm(exchange, interaction, { status: 200, username: await expectedName(exchange, interaction) });
  }
  if (exchange.req.method !== 'POST') return fail(exchange, 405, 'invalid_request');
  if (!isOwnOrigin(exchange.req.headers.origin, exchange.deps.issuer)) return fail(exchange, 403, 'foreign_origin'); // LES-03
  const form =
    exchange.req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === formType
      ? parseForm(body)
      : undefined;
  if (form?.ok !== true) return fail(exchange, 400, 'invalid_request');
  if (form.value.get('cancel') !== undefined) return cancel(exchange);
  return answerForm(exchange, interaction, form.value.get('username') ?? '', form.value.get('password') ?? '');
}

/** Answers a path at which there is nothing. */
export function serveNothing(exchange: Exchange): Promise<void> {
  return fail(exchange, 404, 'not_found');
}

const formType = 'application/x-www-form-urlencoded';

async function answerForm(
  exchange: Exchange,
  interaction: Interaction,
  username: string,
  password: string,
): Promise<void> {
  if (username === '' || password === '')
    return showForm(exchange, interaction, { status: 400, username, problem: 'empty' });
  const { deps, provider, req, res } = exchange;
  const checked = await checkPassword(deps, {
    username,
    password,
    address: addressOf(req),
    clientId: clientIdOf(interaction),
  });
  if (!checked.isRight)
    return showForm(exchange, interaction, {
      status: checked.problem === 'busy' ? 503 : 400,
      username,
      problem: checked.problem,
    });
  await signOutOther(deps, interaction, checked.userId);
  securityHeaders(res);
  await provider.interactionFinished(
    req,
    res,
    {
      login: {
        accountId: checked.userId,
        ts: checked.authTime,
        acr: deps.passwordAssurance.acr,
        amr: [...deps.passwordAssurance.amr],
      },
    },
    { mergeWithLastSubmission: false },
  );
}

/** On a shared browser the one who signs on next gets a session of their own; the one before is signed out. */
async function signOutOther(deps: SignOnDeps, interaction: Interaction, userId: string): Promise<void> {
  const { session } = interaction;
  if (session?.uid === undefined || session.accountId === userId) return;
  const audit = signOutAudit(deps, { userId: session.accountId, ctx: undefined });
  await endSessions(deps.database, deps.tenantId, { browserSession: session.uid }, deps.clock(), audit); // LES-03
  interaction.session = undefined;
  await interaction.persist();
}

async function cancel(exchange: Exchange): Promise<void> {
  securityHeaders(exchange.res);
  await exchange.provider.interactionFinished(
    exchange.req,
    exchange.res,
    { error: 'access_denied', error_description: 'The person stopped the sign-on' },
    { mergeWithLastSubmission: false },
  );
}

async function findInteraction(exchange: Exchange): Promise<Interaction | undefined> {
  try {
    return await exchange.provider.interactionDetails(exchange.req, exchange.res);
  } catch (error) {
    if (error instanceof SessionNotFound) return undefined; // LES-03
    throw error;
  }
}

interface FormState {
  readonly status: number;
  readonly username: string;
  readonly problem?: SignOnProblem;
}

async function showForm(exchange: Exchange, interaction: Interaction, state: FormState): Promise<void> {
  const { deps, res } = exchange;
  const client = await deps.findClient(clientIdOf(interaction) ?? '');
  const redirectUri = interaction.params.redirect_uri as string;
  const page = await renderSignOnPage({
    tenantName: deps.tenantName,
    issuer: deps.issuer,
    clientName: client?.name ?? 'An app',
    clientHost: URL.parse(redirectUri)?.host || undefined,
    action: signOnPath(deps, interaction.uid),
    present: await presentName(deps, interaction),
    username: state.username,
    problem: state.problem,
  });
  res.writeHead(state.status, pageHeaders([formSource(redirectUri)]));
  res.end(exchange.req.method === 'HEAD' ? undefined : page);
}

async function fail(exchange: Exchange, status: number, code: string): Promise<void> {
  const { deps, res } = exchange;
  const id = newId('aud', deps.clock());
  deps.log.info({ id, reason: code }, 'a sign-on page was refused');
  res.writeHead(status, pageHeaders());
  res.end(await renderErrorPage(code, { tenantName: deps.tenantName, issuer: deps.issuer, id }));
}

function securityHeaders(res: ServerResponse): void {
  res.setHeader('cache-control', 'no-store');
  res.setHeader('referrer-policy', 'same-origin');
}

/** Browsers send Origin with every form; what sends none is no browser and has no cookies to abuse. */
function isOwnOrigin(origin: string | undefined, issuer: string): boolean {
  return origin === undefined || origin === new URL(issuer).origin;
}

function clientIdOf(interaction: Interaction): string | undefined {
  const id = interaction.params.client_id;
  return typeof id === 'string' ? id : undefined;
}

/** Who the browser is signed on as, when the app wants that person to sign on again. */
async function presentName(deps: SignOnDeps, interaction: Interaction): Promise<string | undefined> {
  const userId = interaction.session?.accountId;
  return userId === undefined ? undefined : (await findPerson(deps.database, deps.tenantId, userId))?.username;
}

/** A hint from the app is only a suggestion for the first field. */
async function expectedName({ deps }: Exchange, interaction: Interaction): Promise<string> {
  const hint = interaction.params.login_hint;
  if (typeof hint === 'string' && hint.length <= 320) return hint;
  return (await presentName(deps, interaction)) ?? '';
}
