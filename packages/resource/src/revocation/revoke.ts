import { type AuditEntry, assertionUse, type ClientMetadataResolver } from '@crossgrant/platform';
import {
  type AcceptedClientAssertion,
  type Clock,
  isFormMediaType,
  newId,
  ok,
  type PlainRequest,
  type PlainResponse,
  parseForm,
  type Refusal,
  type Result,
  refusalResponse,
  refuse,
  toSeconds,
} from '@crossgrant/protocol';
import type { VerificationKey } from '@crossgrant/protocol/jws';
import type { RefusalCounter } from '../audit/refusal-counter.ts';
import type { ResourceDirectory } from '../directory/resource-directory.ts';
import { findIssuedToken } from '../introspection/find-active-token.ts';
import { authenticateClient, isConfidential, type ProvenClient } from '../redemption/steps/authenticate-client.ts';
import type { IssuedToken, ResourceStore } from '../store/resource-store.ts';

export interface RevokeDeps {
  readonly issuer: string;
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly auditScope: string;
  readonly refusals: RefusalCounter;
  readonly explainUrl?: string;
  readonly clientDocuments?: ClientMetadataResolver;
  directory(): ResourceDirectory;
  verificationKeys(): readonly VerificationKey[];
}

/**
 * Ends a token of the client that asks. Unknown, foreign and ended tokens are all answered 200, so the answer tells nobody
 * what exists.
 *
 * RFC 7009 §2.
 */
export async function revoke(request: PlainRequest, deps: RevokeDeps): Promise<PlainResponse> {
  const id = newId('aud', deps.clock());
  const asked = await readRevocation(request, deps);
  if (!asked.ok) return answerRefusal(id, request, asked.refusal, deps);

  const { client, text, clientAssertion } = asked.value;
  const isFirst = clientAssertion === undefined || (await useAssertionUp(clientAssertion, request, deps));
  if (!isFirst) return answerRefusal(id, request, refuse('client/assertion-replayed').refusal, deps); // CAU-03
  const token = await findIssuedToken(text, { ...deps, verificationKeys: deps.verificationKeys() });
  if (token?.clientId === client.clientId) {
    const entry = revokedEntry(id, token, deps);
    await deps.store.revokeIssuedToken(token.tokenId, client.clientId, deps.clock(), entry); // REV-01
  }
  return { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' }, body: '' };
}

async function readRevocation(
  request: PlainRequest,
  deps: RevokeDeps,
): Promise<Result<ProvenClient & { text: string }>> {
  if (request.method !== 'POST') return refuse('request/method');
  const mediaType = isFormMediaType(request.headers);
  if (!mediaType.ok) return mediaType;
  const form = parseForm(request.body);
  if (!form.ok) return form;

  const received = { request, form: form.value, nowSeconds: toSeconds(deps.clock()) };
  const authenticated = await authenticateClient(received, { ...deps, directory: deps.directory() });
  if (!authenticated.ok) return authenticated; // REV-01
  const { client } = authenticated.value;
  if (!isConfidential(client)) return refuse('client/public', { clientId: client.clientId });
  const text = form.value.get('token');
  return text === undefined
    ? refuse('request/missing-parameter', { name: 'token' })
    : ok({ ...authenticated.value, text });
}

/** Whether this is the first use of the assertion, wherever the others were. */
async function useAssertionUp(
  assertion: AcceptedClientAssertion,
  { remoteAddress }: PlainRequest,
  deps: RevokeDeps,
): Promise<boolean> {
  const at = deps.clock();
  const entry = {
    id: newId('aud', at),
    scope: deps.auditScope,
    at,
    kind: 'client_authentication',
    client: assertion.clientId,
    jti: assertion.jti,
    personal: { person: '', address: remoteAddress },
  } as const;
  const whenUsed = { ...entry, outcome: 'refused', code: 'client/assertion-replayed' } as const;
  const outcome = await deps.store.commitProofs([assertionUse(assertion, whenUsed)], { ...entry, outcome: 'done' });
  return outcome === 'committed'; // CAU-03
}

function revokedEntry(id: string, token: IssuedToken, deps: RevokeDeps): AuditEntry {
  return {
    id,
    scope: deps.auditScope,
    at: deps.clock(),
    kind: 'change',
    outcome: 'done',
    code: 'token/revoked',
    client: token.clientId,
    resource: token.audience,
    jti: token.grantJti,
    facts: { tokenId: token.tokenId, customer: token.customerId },
    personal: { person: token.accountId },
  };
}

function answerRefusal(id: string, request: PlainRequest, refusal: Refusal, deps: RevokeDeps): PlainResponse {
  deps.refusals.count(request.remoteAddress, refusal.code);
  const usedHeader = request.headers.get('authorization') !== undefined && refusal.code.startsWith('client/');
  return refusalResponse(refusal, {
    id,
    explainUrl: deps.explainUrl,
    wwwAuthenticate: usedHeader ? 'Basic realm="revocation"' : undefined,
  });
}
