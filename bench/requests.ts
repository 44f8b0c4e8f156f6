import { randomBytes, randomUUID } from 'node:crypto';
import { grantTypes, tokenTypes, typs } from '@crossgrant/protocol';
import { importSigningKey, type SigningKey, signJws } from '@crossgrant/protocol/jws';
import { resource, type Scenario, scope, strangerIssuer, type Target } from './scenario.ts';

/** Makes requests for one contender beforehand, each ready to be written to a connection. */
export type RequestMaker = (count: number) => readonly string[];

/** How many different tokens the requests of a `repeated` scenario share. */
const repeatedTokens = 16;

export function requestMaker(scenario: Scenario, target: Target, issuerKey: SigningKey): RequestMaker {
  const form = scenario.path === 'exchange' ? exchangeForms(target) : redemptionForms(target, issuerKey);
  if (scenario.tokens === 'fresh') return (count) => Array.from({ length: count }, () => httpRequest(target, form()));
  const few = Array.from({ length: repeatedTokens }, () => httpRequest(target, form()));
  return (count) => Array.from({ length: count }, (_, index) => few[index % repeatedTokens] ?? '');
}

function exchangeForms(target: Target): () => Record<string, string> {
  const idToken = idTokens(target);
  return () => ({
    grant_type: grantTypes.tokenExchange,
    requested_token_type: tokenTypes.idJag,
    subject_token: idToken(),
    subject_token_type: tokenTypes.idToken,
    audience: target.audience,
    resource,
    scope,
  });
}

function idTokens({ tokenKey, issuer, clientId, people }: Target): () => string {
  const key = importSigningKey(tokenKey);
  let turn = 0;
  return () => {
    const now = Math.floor(Date.now() / 1000);
    const person = people[turn++ % people.length];
    return signJws(key, 'JWT', {
      iss: issuer,
      sub: person?.sub ?? '',
      aud: clientId,
      iat: now,
      exp: now + 3600,
      auth_time: now - 60,
      sid: person?.sid ?? '',
      nonce: randomBytes(16).toString('base64url'),
    });
  };
}

function redemptionForms(target: Target, issuerKey: SigningKey): () => Record<string, string> {
  let turn = 0;
  return () => {
    const now = Math.floor(Date.now() / 1000);
    const assertion = signJws(issuerKey, typs.idJag, {
      iss: strangerIssuer,
      sub: `person-${turn++ % 100}`,
      aud: target.audience,
      client_id: target.clientId,
      jti: randomUUID(),
      iat: now,
      exp: now + 300,
      auth_time: now - 60,
      resource,
      scope,
    });
    return { grant_type: grantTypes.jwtBearer, assertion };
  };
}

function httpRequest({ port, clientId, clientSecret }: Target, form: Record<string, string>): string {
  const body = new URLSearchParams(form).toString();
  return [
    'POST /token HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Authorization: Basic ${btoa(`${clientId}:${clientSecret}`)}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}
