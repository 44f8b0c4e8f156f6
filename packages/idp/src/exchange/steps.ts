import type { ClientApp } from '@crossgrant/identity';
import type { FormParameters } from '@crossgrant/protocol';
import { grantTypes, ok, parseExchangeRequest, type Result, refuse, tokenTypes, toSeconds } from '@crossgrant/protocol';
import type { DpopProof } from '@crossgrant/protocol/jws';
import { evaluatePolicy } from '../domain/policy/evaluate.ts';
import type { Facts } from '../domain/policy/model.ts';
import { checkGrant, checkPublicProof, proveClient } from './client.ts';
import { findConnection, registeredResources } from './connection.ts';
import type { ExchangeDeps } from './deps.ts';
import type { ExchangeStart } from './exchange-start.ts';
import { signIdJag } from './id-jag.ts';
import { type IssuePermit, mayIssue } from './may-issue.ts';
import { permitted } from './outcome.ts';
import { pipeline } from './pipeline.ts';
import { checkProofDemanded, verifyProof } from './proof.ts';
import { readRefreshToken } from './refresh-token-subject.ts';
import type { Subject } from './subject.ts';
import { verifyIdToken } from './subject-token.ts';

/**
 * The exchange in the order it is checked: the client before the subject token, the token before the person's state,
 * everything before policy, and policy before a signature exists.
 */
export function exchangeSteps(deps: ExchangeDeps) {
  const { keyRing, limits } = deps;

  return pipeline<ExchangeStart>()
    .step('client authentication', (state) => proveClient(deps, state)) // TEX-03
    .step('grant registered', ({ client }) => checkGrant(client, deps)) // TEX-04, CAU-04
    .step('rate of the client', (state) => checkRate(limits.byClient, state.client.id, state)) // TEX-28
    .step('proof of possession', (state) => verifyProof(deps.proofs, state)) // DPO-01
    .step('proof of a public client', (state) => checkPublicProof(state)) // CAU-04
    .step('request', ({ form }) => readRequest(form))
    .step('subject token', (state) => readSubject(deps, state)) // TEX-07, TEX-10
    .step('not rotated away', ({ token }) => refuseReused(token)) // RTK-03
    .step('rate of the person', (state) =>
      checkRate(limits.byPerson, `${state.client.id} ${state.token.userId}`, state),
    ) // TEX-28
    .step('live state', async ({ live, client, token, nowMs }) => {
      const session = token.session ?? (await deps.sessions(token.sid, live.epoch));
      const permit = mayIssue(live, { ...token, grantType: grantTypes.tokenExchange, client, session }, nowMs);
      return permit.ok ? ok({ permit: permit.value }) : permit; // TEX-09
    })
    .step('connection', ({ live, client, request }) => findConnection(live, client, request.audience)) // TEX-13
    .step('proof demanded', (state) => checkProofDemanded(state)) // ATK-34
    .step('facts', (state) => ok({ facts: collectFacts(state) }))
    .step('policy', ({ live, facts }) => ok({ decision: evaluatePolicy(live.policy, facts) })) // TEX-16
    .step('decision', ({ decision, facts }) => {
      const allowed = permitted(decision, facts.resources.length > 0);
      return allowed.ok ? ok({ allowed: allowed.value }) : allowed; // TEX-16
    })
    .step('subject', async ({ permit, resourceApp, nowMs, live }) =>
      ok({ subject: await deps.subjects(permit.person.id, resourceApp, nowMs, live.epoch) }),
    )
    .step('ID-JAG', (state) => {
      const signed = signIdJag(keyRing, { ...state, tenant: state.live.tenant, nowSeconds: toSeconds(state.nowMs) });
      return signed.ok ? ok({ signed: signed.value }) : signed;
    });
}

/** Everything the finished steps found. */
export type ExchangeState =
  ReturnType<typeof exchangeSteps> extends { step(name: string, run: (state: infer State) => never): unknown }
    ? State
    : never;

function checkRate(
  limiter: ExchangeDeps['limits']['byClient'],
  key: string,
  { isFirst, nowMs }: { isFirst: boolean; nowMs: number },
): Result<object> {
  const waitSeconds = isFirst ? limiter(key, nowMs) : 0;
  if (waitSeconds > 0) return refuse('request/rate-limited', { waitSeconds }); // TEX-28
  return ok({});
}

function readRequest(
  form: FormParameters,
): Result<{ request: Exclude<ReturnType<typeof parseExchangeRequest>, { ok: false }>['value'] }> {
  const request = parseExchangeRequest(form);
  return request.ok ? ok({ request: request.value }) : request; // TEX-06
}

type Request = ReturnType<typeof readRequest> extends Result<infer Read> ? Read : never;

/** The subject token by its type; a refresh token is never looked at as an ID token, nor the other way round. */
async function readSubject(
  { issuer, keyRing, refreshTokens, subjectTokens }: ExchangeDeps,
  { request, client, proof, nowMs }: ExchangeStart & Request & { client: ClientApp; proof: DpopProof | undefined },
): Promise<Result<{ token: Subject }>> {
  const { subjectToken, subjectTokenType } = request;
  const nowSeconds = toSeconds(nowMs);
  const expected = { issuer, clientId: client.clientId, keys: keyRing, memory: subjectTokens, nowSeconds };
  const subject =
    subjectTokenType === tokenTypes.refreshToken
      ? await readRefreshToken(refreshTokens, subjectToken, { client, provenKey: proof?.jkt })
      : verifyIdToken(subjectToken, expected);
  return subject.ok ? ok({ token: subject.value }) : subject;
}

function refuseReused({ reusedGrant }: Subject): Result<object> {
  if (reusedGrant !== undefined) return refuse('subject-token/refresh-token-reused'); // RTK-03, LES-25
  return ok({});
}

interface FactSources extends ExchangeStart {
  readonly client: ClientApp;
  readonly permit: IssuePermit;
  readonly connection: { readonly resourceAppId: string };
  readonly request: {
    readonly resources: Parameters<typeof registeredResources>[1];
    readonly scope: readonly string[] | undefined;
  };
  readonly resourceApp: Parameters<typeof registeredResources>[0];
}

function collectFacts({ client, permit, request, resourceApp, callerAddress, nowMs }: FactSources): Facts {
  const { person, session } = permit;
  return {
    clientAppId: client.id,
    resourceAppId: resourceApp.id,
    nowMs,
    resources: registeredResources(resourceApp, request.resources),
    scopes: request.scope,
    userId: person.id,
    groups: person.groups,
    acr: permit.acr,
    amr: permit.amr,
    authTime: permit.authTime,
    address: session.address,
    callerAddress: callerAddress === '' ? undefined : callerAddress,
  };
}
