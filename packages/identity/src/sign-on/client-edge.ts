import type { IncomingMessage } from 'node:http';
import { assertionUse } from '@crossgrant/platform';
import {
  type AcceptedClientAssertion,
  formatForm,
  isFormMediaType,
  newId,
  type PlainHeaders,
  type PlainResponse,
  parseForm,
  plainHeaders,
  type Refusal,
  type Result,
  readClientCredentials,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import { type ProvenClientApp, proveClientApp, readClientClaim } from '../clients/prove-client.ts';
import type { SignOnDeps } from './deps.ts';
import { headerPairs } from './request-edge.ts';
import { recordUnproven } from './unproven.ts';

/** The sender of a request, and the body to go on with where it is another one; or the answer that refuses it. */
export type Sender =
  | { readonly ok: true; readonly clientId: string; readonly dpopRequired: boolean; readonly body?: Buffer }
  | { readonly ok: false; readonly response: PlainResponse };

/**
 * Authenticates the client by the same strict reading as our own grants, before oidc-provider sees the request: one
 * method, decoded once, registered for the client, an assertion used up. oidc-provider is then told the result: it knows
 * one way in which a client proves itself, and asks us whether it did.
 *
 * RFC 6749 §2.3, §3.2, RFC 7523 §3.
 */
export async function proveSender(
  deps: SignOnDeps,
  request: IncomingMessage,
  body: string,
  address: string,
): Promise<Sender> {
  const headers = plainHeaders(headerPairs(request.rawHeaders));
  const judged = await judge(deps, headers, body);
  if (!judged.proven.ok) return refuseSender(deps, { headers, address, ...judged, refusal: judged.proven.refusal });

  const { client, clientAssertion } = judged.proven.value;
  const { clientId, dpopRequired } = client;
  if (clientAssertion === undefined) return { ok: true, clientId, dpopRequired };
  const isFirst = await useAssertionUp(deps, clientAssertion, address);
  const { refusal } = refuse('client/assertion-replayed');
  if (!isFirst) return refuseSender(deps, { headers, address, clientId, refusal }); // CAU-03
  return { ok: true, clientId, dpopRequired, body: withoutAssertion(body, clientId) };
}

interface Judged {
  readonly proven: Result<ProvenClientApp>;
  readonly clientId?: string;
}

async function judge(deps: SignOnDeps, headers: PlainHeaders, body: string): Promise<Judged> {
  const media = isFormMediaType(headers);
  if (!media.ok) return { proven: media };
  const form = parseForm(body);
  if (!form.ok) return { proven: form };
  const presented = readClientCredentials({ headers, form: form.value });
  if (!presented.ok) return { proven: presented };
  const claim = readClientClaim(presented.value);
  if (!claim.ok) return { proven: claim };
  const app = await deps.findClient(claim.value.clientId);
  const proven = await proveClientApp(app, claim.value, { ...deps, nowMs: deps.clock() });
  return { proven, clientId: app?.clientId };
}

/** Whether this is the first use of the assertion at any endpoint and any replica. */
async function useAssertionUp(deps: SignOnDeps, assertion: AcceptedClientAssertion, address: string): Promise<boolean> {
  const at = deps.clock();
  const { clientId: client, jti } = assertion;
  const kind = 'client_authentication';
  const personal = { person: '', address };
  const entry = { id: newId('aud', at), scope: deps.tenantId, at, kind, client, jti, personal } as const;
  const whenUsed = { ...entry, outcome: 'refused', code: 'client/assertion-replayed' } as const;
  const use = { ...assertionUse(assertion, whenUsed), scope: deps.tenantId };
  const outcome = await deps.database.commits.commit({
    scope: deps.tenantId,
    expectedEpoch: null,
    singleUse: [use],
    audit: { ...entry, outcome: 'done' },
  });
  return outcome === 'committed'; // CAU-03
}

/** The same form, read strictly before, with the client id alone. The secret is a word that must be there and that nobody compares. */
function withoutAssertion(body: string, clientId: string): Buffer {
  const kept = [...new URLSearchParams(body)].filter(([name]) => !clientParameters.has(name));
  return Buffer.from(formatForm([...kept, ['client_id', clientId], ['client_secret', 'proven-at-the-edge']]));
}

const clientParameters = new Set(['client_id', 'client_assertion', 'client_assertion_type']);

async function refuseSender(
  deps: SignOnDeps,
  refused: { headers: PlainHeaders; address: string; clientId?: string; refusal: Refusal },
): Promise<Sender> {
  const { headers, address, clientId: client, refusal } = refused;
  const id = newId('aud', deps.clock());
  await recordUnproven(deps, { id, kind: 'client_authentication', code: refusal.code, client, address });
  const wwwAuthenticate = headers.get('authorization') === undefined ? undefined : `Basic realm="${deps.issuer}"`;
  return { ok: false, response: refusalResponse(refusal, { id, explainUrl: deps.explainUrl, wwwAuthenticate }) };
}
