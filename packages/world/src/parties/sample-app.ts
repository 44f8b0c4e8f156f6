import { type CrossgrantClient, isCrossgrantError } from '@crossgrant/client';
import { createLog, startServer } from '@crossgrant/platform';
import type { PlainHandler, PlainRequest, PlainResponse } from '@crossgrant/protocol';
import type { FromParty } from '../processes/messages.ts';
import { splitAddress } from '../processes/ports.ts';
import type { Hop } from '../report/hop.ts';
import { signOnAsPerson } from '../robot/sign-on-robot.ts';
import type { World } from '../schema/world.ts';
import { createVisits, type Visit, type Visits } from './browser-visits.ts';
import { recordingFetch } from './recording-fetch.ts';
import { callWatched, readObject } from './sample-app-call.ts';
import { createSampleAppClient, readSampleApp, type SampleAppFacts } from './sample-app-client.ts';
import { neutral, noticeOf, refused } from './sample-app-notice.ts';
import { renderHome } from './sample-app-page.ts';
import { signOutAddress } from './sample-app-sign-out.ts';
import { callTool, toFailure } from './tool-call.ts';

export interface RunningSampleApp {
  readonly url: string;
  close(): Promise<void>;
  /** Signs a person on with the robot and makes the call of the world file; tells each hop as it ends. */
  run(person: string, report: (message: FromParty) => void): Promise<void>;
}

interface App {
  readonly facts: SampleAppFacts;
  readonly name: string;
  readonly visits: Visits;
  /** A client whose token requests are told to `onHop`. Each flow has its own, so that flows do not mix. */
  client(onHop: (hop: Hop) => void): CrossgrantClient;
}

/** Starts the sample AI app: a page to sign on and call a tool, all of it by the client SDK. */
export async function startSampleApp(world: World): Promise<RunningSampleApp> {
  const facts = readSampleApp(world);
  const app: App = {
    facts,
    name: world.policy?.clientApps.find((candidate) => candidate.id === facts.clientId)?.name ?? facts.clientId,
    visits: createVisits(splitAddress(facts.listen).port),
    client: (onHop) => createSampleAppClient(world, facts, recordingFetch(onHop)),
  };
  const server = await startServer({
    listen: facts.listen,
    log: createLog({ name: 'sample-app' }),
    allowedHosts: [new URL(facts.origin).host], // LES-70
    routes: [
      { method: 'GET', path: '/', handler: (request) => home(app, app.visits.find(request.headers.get('cookie'))) },
      { method: 'GET', path: '/callback', handler: (request) => finishSignOn(app, request) },
      { method: 'POST', path: '/sign-on', handler: ownForm(app, (request) => beginSignOn(app, request)) },
      { method: 'POST', path: '/call', handler: ownForm(app, (request) => call(app, request)) },
      { method: 'POST', path: '/sign-out', handler: ownForm(app, (request) => signOut(app, request)) },
    ],
  });
  return { url: facts.origin, close: () => server.close(), run: (person, report) => run(app, person, report) };
}

const foreignForm = refused('That form was sent by another page. Nothing was done.');

/** A form counts only when a page of this app sent it. */
function ownForm(app: App, handler: PlainHandler): PlainHandler {
  return async (request) => {
    if (request.headers.get('origin') !== app.facts.origin) return home(app, undefined, foreignForm, 403); // LES-70
    return handler(request);
  };
}

function home(app: App, visit: Visit | undefined, notice = visit?.notice, status = 200): Promise<PlainResponse> {
  const {
    call: { server, tool, arguments: toolArguments },
    idpIssuer,
  } = app.facts;
  const call = visit?.typed ?? { tool, arguments: JSON.stringify(toolArguments) };
  const page = { appName: app.name, idpIssuer, server, ...call };
  return renderHome({ ...page, person: visit?.signedOn?.person, hops: visit?.hops ?? [], notice }, status);
}

async function beginSignOn(app: App, request: PlainRequest): Promise<PlainResponse> {
  const found = app.visits.find(request.headers.get('cookie'));
  const { visit, setCookie } = found === undefined ? app.visits.begin() : { visit: found, setCookie: undefined };
  visit.notice = undefined;
  visit.hops = [];
  try {
    const { url, pending } = await clientOf(app, visit).beginSignOn({
      redirectUri: `${app.facts.origin}/callback`,
      scopes: signOnScopes,
    });
    visit.pending = pending;
    return redirect(url, setCookie);
  } catch (error) {
    return home(app, visit, refused(toFailure(error).sentence), 502);
  }
}

const signOnScopes = ['profile', 'email'];

async function finishSignOn(app: App, request: PlainRequest): Promise<PlainResponse> {
  const visit = app.visits.find(request.headers.get('cookie'));
  if (visit?.pending === undefined)
    return home(app, visit, refused('This sign-on was not started here, or it is over. Start it again.'), 400);
  const { pending } = visit;
  visit.pending = undefined;
  try {
    const session = await clientOf(app, visit).finishSignOn(pending, `${app.facts.origin}/callback?${request.query}`);
    const person = personOf(visit.hops) ?? session.subject;
    visit.signedOn = { session: session.id, person, idToken: session.idToken };
  } catch (error) {
    visit.notice = wasCancelled(error) ? neutral('You cancelled the sign-on.') : refused(toFailure(error).sentence);
  }
  return redirect('/');
}

/** An authorization server answers so when the person chose to stop. RFC 6749 §4.1.2.1. */
function wasCancelled(error: unknown): boolean {
  return isCrossgrantError(error) && error.code === 'sign_on_failed' && error.oauth?.error === 'access_denied';
}

async function call(app: App, request: PlainRequest): Promise<PlainResponse> {
  const visit = app.visits.find(request.headers.get('cookie'));
  if (visit?.signedOn === undefined) return home(app, visit, refused('Sign on first.'), 403);
  const form = new URLSearchParams(request.body);
  const typed = { tool: form.get('tool') ?? '', arguments: form.get('arguments') ?? '' };
  const toolArguments = readObject(typed.arguments);
  Object.assign(visit, { typed, hops: [], notice: undefined });
  if (toolArguments === undefined) {
    visit.notice = refused('The arguments must be a JSON object, such as {"q":"hello"}. Nothing was called.');
    return redirect('/');
  }
  const { server, scopes } = app.facts.call;
  const { session } = visit.signedOn;
  const target = { session, server, tool: typed.tool, arguments: toolArguments, scopes };
  const { hop, failure } = await callWatched(clientOf(app, visit), target);
  if (failure !== undefined) visit.notice = noticeOf(failure);
  const isRefusalShown = hop.failure !== undefined && visit.hops.at(-1)?.isDone === false;
  if (!isRefusalShown) visit.hops.push(hop);
  return redirect('/');
}

async function signOut(app: App, request: PlainRequest): Promise<PlainResponse> {
  const visit = app.visits.find(request.headers.get('cookie'));
  if (visit?.signedOn === undefined) return redirect('/');
  const { session, idToken } = visit.signedOn;
  await clientOf(app, visit).signOut(session);
  Object.assign(visit, { client: undefined, signedOn: undefined, hops: [], notice: undefined, typed: undefined });
  const address = await signOutAddress(app.facts, idToken);
  if (address === undefined) visit.notice = neutral(signedOutHereOnly);
  return redirect(address ?? '/');
}

const signedOutHereOnly =
  'You are signed out of this app. Your sign-on at the identity provider may still be open: end it there.';

function clientOf(app: App, visit: Visit): CrossgrantClient {
  visit.client ??= app.client((hop) => visit.hops.push(hop));
  return visit.client;
}

async function run(app: App, person: string, report: (message: FromParty) => void): Promise<void> {
  const hops: Hop[] = [];
  const onHop = (hop: Hop): void => {
    const told = hop.stage === 'sign_on' ? { ...hop, asked: { ...hop.asked, person } } : hop;
    hops.push(told);
    report({ kind: 'hop', hop: told });
  };
  const started = performance.now();
  try {
    const client = app.client(onHop);
    const { url, pending } = await client.beginSignOn({
      redirectUri: `${app.facts.origin}/callback`,
      scopes: signOnScopes,
    });
    const callback = await signOnAsPerson({
      authorizeUrl: url,
      username: person,
      password: app.facts.passwordOf(person) ?? '',
    });
    const session = await client.finishSignOn(pending, callback);
    const hop = await callTool(client, { ...app.facts.call, session: session.id });
    const isRefusalShown = hop.failure !== undefined && hops.at(-1)?.isDone === false;
    if (!isRefusalShown) onHop(hop);
    report({ kind: 'ran', failure: hop.failure?.sentence });
  } catch (error) {
    const failure = toFailure(error);
    if (hops.at(-1)?.isDone !== false)
      onHop({
        stage: 'sign_on',
        isDone: false,
        at: Date.now(),
        milliseconds: performance.now() - started,
        url: app.facts.idpIssuer,
        asked: { client_id: app.facts.clientId },
        answered: {},
        failure,
      });
    report({ kind: 'ran', failure: failure.sentence });
  }
}

function personOf(hops: readonly Hop[]): string | undefined {
  const claims = hops.findLast((hop) => hop.stage === 'sign_on')?.token?.claims;
  const name = claims?.name ?? claims?.preferred_username ?? claims?.email;
  return typeof name === 'string' ? name : undefined;
}

function redirect(location: string, setCookie?: string): PlainResponse {
  return {
    status: 303,
    headers: { location, 'cache-control': 'no-store', ...(setCookie === undefined ? {} : { 'set-cookie': setCookie }) },
    body: '',
  };
}
