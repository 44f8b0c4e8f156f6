import { passOn, type RefusalCounter, type RouteHandler } from '@crossgrant/platform';
import type { PlainResponse } from '@crossgrant/protocol';
import {
  type Clock,
  type FormParameters,
  grantTypes,
  isFormMediaType,
  newId,
  type PlainRequest,
  parseForm,
  type Refusal,
  type Result,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import type { ExchangeCall } from '../exchange/exchange.ts';

export interface TokenEndpointDeps {
  readonly tenantId: string;
  readonly exchange: (call: ExchangeCall) => Promise<PlainResponse>;
  readonly anonymous: RefusalCounter;
  readonly explainUrl: string;
  readonly clock: Clock;
}

/** The grants that the sign-on library serves. */
const signOnGrants: readonly string[] = [grantTypes.authorizationCode, grantTypes.refreshToken];

/**
 * The one token endpoint. The form is parsed once, strictly, whatever the grant; a token exchange goes to our own
 * steps, the grants of sign-on go on with the same bytes, and everything else is refused here.
 *
 * RFC 6749 §3.2.
 */
export function tokenEndpoint({ tenantId, exchange, anonymous, explainUrl, clock }: TokenEndpointDeps): RouteHandler {
  return async (request) => {
    const form = readForm(request);
    if (form.ok && form.value.get('grant_type') === grantTypes.tokenExchange) {
      return exchange({ headers: request.headers, form: form.value, callerAddress: request.remoteAddress });
    }
    const refusal = form.ok ? refuseGrant(form.value) : form.refusal;
    if (refusal === undefined) {
      return passOn;
    }
    anonymous.count({
      scope: tenantId,
      kind: 'client_authentication',
      code: refusal.code,
      address: request.remoteAddress,
    });
    return refusalResponse(refusal, { id: newId('aud', clock()), explainUrl });
  };
}

function readForm(request: PlainRequest): Result<FormParameters> {
  const media = isFormMediaType(request.headers);
  if (!media.ok) return media; // TEX-01
  return parseForm(request.body, { repeatable: ['resource'] }); // TEX-01
}

function refuseGrant(form: FormParameters): Refusal | undefined {
  const grantType = form.get('grant_type');
  if (grantType === undefined) return refuse('request/missing-parameter', { name: 'grant_type' }).refusal; // TEX-01
  if (!signOnGrants.includes(grantType)) return refuse('request/grant-type').refusal; // TEX-04
  return undefined;
}
