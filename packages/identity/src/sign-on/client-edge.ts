import type { IncomingMessage } from 'node:http';
import {
  isFormMediaType,
  newId,
  type PlainHeaders,
  type PlainResponse,
  parseForm,
  plainHeaders,
  type Refusal,
  readClientCredentials,
  refusalResponse,
} from '@crossgrant/protocol';
import { authenticateClient } from '../clients/authenticate-client.ts';
import type { SignOnDeps } from './deps.ts';
import { headerPairs } from './request-edge.ts';
import { recordUnproven } from './unproven.ts';

/**
 * Authenticates the client by the same strict reading as our own grants, before oidc-provider sees the request: one
 * method, decoded once, registered for the client. Undefined when the client is proven.
 *
 * RFC 6749 §2.3, §3.2.
 */
export async function refuseClient(
  deps: SignOnDeps,
  request: IncomingMessage,
  body: string,
  address: string,
): Promise<PlainResponse | undefined> {
  const headers = plainHeaders(headerPairs(request.rawHeaders));
  const { refusal, clientId } = await judge(deps, headers, body);
  if (refusal === undefined) return undefined;

  const id = newId('aud', deps.clock());
  await recordUnproven(deps, { id, kind: 'client_authentication', code: refusal.code, client: clientId, address });
  const wwwAuthenticate = headers.get('authorization') === undefined ? undefined : `Basic realm="${deps.issuer}"`;
  return refusalResponse(refusal, { id, explainUrl: deps.explainUrl, wwwAuthenticate });
}

async function judge(
  deps: SignOnDeps,
  headers: PlainHeaders,
  body: string,
): Promise<{ refusal?: Refusal; clientId?: string }> {
  const media = isFormMediaType(headers);
  if (!media.ok) return media;
  const form = parseForm(body);
  if (!form.ok) return form;
  const presented = readClientCredentials({ headers, form: form.value });
  if (!presented.ok) return presented;
  const clientId = presented.value.clientId ?? '';
  const app = await deps.findClient(clientId);
  const proven = authenticateClient(app, presented.value, { secretBox: deps.secretBox, nowMs: deps.clock() });
  return proven.ok ? {} : { refusal: proven.refusal, clientId: app?.clientId };
}
