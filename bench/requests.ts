import { randomBytes, randomUUID } from 'node:crypto';
import { grantTypes, profiles, tokenTypes, typs } from '@crossgrant/protocol';
import {
  exportPrivateJwk,
  generateSigningKey,
  importSigningKey,
  type SigningKey,
  signJws,
} from '@crossgrant/protocol/jws';
import { type ContenderStart, resource, type Scenario, scope, strangerIssuer, type Target } from './scenario.ts';

/** Makes requests for one contender beforehand, each ready to be written to a connection. */
export type RequestMaker = (count: number) => readonly string[];

/** How many different tokens the requests of a `repeated` scenario share. */
const repeatedTokens = 16;

/** The keys of those who are not measured: the issuer of the ID-JAGs that are redeemed, and the client. */
export interface BenchKeys {
  readonly issuer: SigningKey;
  readonly client: SigningKey;
  readonly forContender: Pick<ContenderStart, 'issuerKey' | 'clientJwks'>;
}

export function makeKeys({ received }: Scenario): BenchKeys {
  const issuer = generateSigningKey(received, 'stranger-1');
  const client = generateSigningKey('ES256', 'client-1');
  return {
    issuer,
    client,
    forContender: { issuerKey: exportPrivateJwk(issuer), clientJwks: { keys: [{ ...client.publicJwk }] } },
  };
}

export function requestMaker(scenario: Scenario, target: Target, keys: BenchKeys): RequestMaker {
  const grant = scenario.path === 'exchange' ? exchangeForms(target) : redemptionForms(target, keys.issuer);
  const make = (): string =>
    scenario.clientAuth === 'private_key_jwt'
      ? httpRequest(target, { ...grant(), ...clientAssertion(target, keys.client) })
      : httpRequest(target, grant(), `Basic ${btoa(`${target.clientId}:${target.clientSecret}`)}`);
  if (scenario.tokens === 'fresh') return (count) => Array.from({ length: count }, make);
  const few = Array.from({ length: repeatedTokens }, make);
  return (count) => Array.from({ length: count }, (_, index) => few[index % repeatedTokens] ?? '');
}

function clientAssertion({ clientId, serverIssuer }: Target, key: SigningKey): Record<string, string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: clientId, sub: clientId, aud: serverIssuer, jti: randomUUID(), iat: now, exp: now + 240 };
  return { client_assertion_type: profiles.clientAssertionType, client_assertion: signJws(key, undefined, claims) };
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

function httpRequest({ port }: Target, form: Record<string, string>, authorization?: string): string {
  const body = new URLSearchParams(form).toString();
  return [
    'POST /token HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}
