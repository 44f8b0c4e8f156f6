import {
  checkAccessTokenPayload,
  checkAudience,
  checkAuthorizationDetails,
  checkClientAssertion,
  checkLogoutToken,
  checkSecurityEvent,
  checkTime,
  checkTypes,
  claimedClient,
  type JsonObject,
  parseStrictJsonObject,
  type Result,
  readActor,
  readResources,
  readScope,
  type VerifiedJws,
} from '@crossgrant/protocol';
import { readConfirmation } from '@crossgrant/protocol/jws';
import { expectPlain, expectRefusal } from '../invariants.ts';
import { mutatedJson } from '../mutate.ts';
import { now } from '../signer.ts';
import type { FuzzTarget } from '../target.ts';

const issuer = 'https://acme.idp.example';
const self = 'https://auth.chat.example';
const resource = 'https://mcp.chat.example/mcp';
const time = { nowSeconds: now, skewSeconds: 60 };
const times = { iat: now, exp: now + 60, jti: 'j1' };
const idJag = {
  iss: issuer,
  sub: 'u1',
  aud: self,
  client_id: 'agent',
  ...times,
  resource,
  scope: 'a b',
  auth_time: now,
  acr: 'x',
  amr: ['pwd'],
  act: { sub: 'x', act: { sub: 'y' } },
  tenant: 't',
  email: 'a@b.example',
  email_verified: true,
};
const accessToken = {
  iss: issuer,
  sub: 'u1',
  aud: resource,
  client_id: 'agent',
  ...times,
  scope: 'a b',
  cnf: { jkt: 'x' },
};
const assertion = { iss: 'agent', sub: 'agent', aud: issuer, ...times };
const event = 'http://schemas.openid.net/event/backchannel-logout';
const logout = { iss: issuer, aud: 'agent', ...times, sub: 'u1', sid: 's1', events: { [event]: {} } };
const caep = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
const set = {
  iss: issuer,
  aud: self,
  iat: now,
  jti: 'j1',
  sub_id: { format: 'iss_sub', iss: issuer, sub: 'u1' },
  events: { [caep]: { event_timestamp: now } },
};

/** As after the signature check. */
function verified(typ: string, payload: JsonObject): VerifiedJws {
  return { header: { typ, alg: 'ES256' }, payload } as unknown as VerifiedJws;
}

function judge(payload: JsonObject): Result<unknown>[] {
  const claims = checkTypes(verified('oauth-id-jag+jwt', payload));
  const later = claims.ok
    ? [
        checkTime(claims.value, { ...time, lifetimeCapSeconds: 300 }),
        checkAudience(claims.value, self),
        readConfirmation(claims.value),
        readResources(claims.value),
        readScope(claims.value),
        checkAuthorizationDetails(claims.value),
        readActor(claims.value),
      ]
    : [];
  return [
    claims,
    ...later,
    claimedClient(payload, undefined),
    checkClientAssertion(verified('JWT', payload), { clientId: 'agent', issuer, ...time }),
    checkAccessTokenPayload(payload, { issuer, resource, ...time, provenKey: 'x' }),
    checkLogoutToken(verified('logout+jwt', payload), { issuer, clientId: 'agent', ...time }),
    checkSecurityEvent(verified('secevent+jwt', payload), { issuer, audience: self, ...time }),
  ];
}

export const claimsTarget: FuzzTarget = {
  name: 'claims',
  share: 0.12,
  inputs: mutatedJson([idJag, accessToken, assertion, logout, set]),
  check(input) {
    const parsed = parseStrictJsonObject(input);
    if (!parsed.ok)
      return expectRefusal(parsed.refusal, ['syntax', 'depth', 'duplicate-member', 'forbidden-member', 'number']);
    expectPlain(parsed.value);
    for (const result of judge(parsed.value)) {
      if (result.ok) expectPlain(result.value);
      else expectRefusal(result.refusal);
    }
  },
};
