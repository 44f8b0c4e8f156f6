import { join } from 'node:path';
import { identityMigrations } from '@crossgrant/identity';
import { type IdpSchema, idpMigrations } from '@crossgrant/idp';
import { type CommitRequest, openDatabase } from '@crossgrant/platform';
import { newId, newJti, tokenTypes, typs } from '@crossgrant/protocol';
import {
  exportPrivateJwk,
  generateSigningKey,
  parseCompactJws,
  signJws,
  verificationKeyOf,
  verifyJws,
} from '@crossgrant/protocol/jws';
import { clientSecret, resource, resourceServerIssuer, scope } from '../scenario.ts';
import { serveBare } from './bare-http.ts';
import { runContender } from './contender.ts';

/** Nothing but the work: one verification, one signature, and the commit of the same rows through the same group commit. */
await runContender(async (start) => {
  const { scenario, folder } = start;
  const issuer = 'http://127.0.0.1:9';
  const tokenKey = generateSigningKey(scenario.received);
  const jagKey = generateSigningKey(scenario.issued);
  const keys = [verificationKeyOf(tokenKey)];
  const migrations = [...identityMigrations, ...idpMigrations];
  const database = await openDatabase<IdpSchema>({ url: join(folder, 'bare.db'), migrations });

  const { port, close } = await serveBare({ clientId: 'agent', start }, (form, proof, done) => {
    const parsed = parseCompactJws(form.get('subject_token') ?? '');
    const verified = parsed.ok ? verifyJws(parsed.value, keys, [scenario.received]) : parsed;
    const now = Math.floor(Date.now() / 1000);
    if (!verified.ok) return done({ ok: false });
    const { iss, aud, exp, sub, auth_time: authTime } = verified.value.payload;
    if (iss !== issuer || aud !== 'agent' || Number(exp) <= now) return done({ ok: false });
    const jti = newJti();
    const idJag = signJws(jagKey, typs.idJag, {
      iss: issuer,
      sub: String(sub),
      aud: resourceServerIssuer,
      client_id: 'agent-at-chat',
      jti,
      iat: now,
      exp: now + 300,
      auth_time: Number(authTime),
      resource,
      scope,
    });
    const body = JSON.stringify({
      access_token: idJag,
      issued_token_type: tokenTypes.idJag,
      token_type: 'N_A',
      expires_in: 300,
      scope,
      resource,
    });
    const records = {
      jti,
      person: String(sub),
      sid: String(verified.value.payload.sid),
      authTime: Number(authTime),
      now,
    };
    database.commits.commit(exchangeCommit(records, proof.jti)).then(
      () => done({ ok: true, body }),
      () => done({ ok: false }),
    );
  });
  return {
    port,
    clientId: 'agent',
    clientSecret,
    serverIssuer: issuer,
    audience: resourceServerIssuer,
    issuer,
    tokenKey: exportPrivateJwk(tokenKey),
    people: Array.from({ length: 100 }, (_, index) => ({ sub: `usr_${index}`, sid: `sid-${index}` })),
    async close() {
      await close();
      await database.close();
    },
  };
});

/** The rows that an exchange leaves: what was issued, and the audit of it. */
function exchangeCommit(
  issued: {
    jti: string;
    person: string;
    sid: string;
    authTime: number;
    now: number;
  },
  assertion: string | undefined,
): CommitRequest {
  const id = newId('aud');
  const { jti, person, sid, authTime, now } = issued;
  const row = {
    jti,
    tenant_id: 'ten_bare',
    decision_id: id,
    user_id: person,
    client_app_id: 'app_agent',
    resource_app_id: 'rap_chat',
    connection_id: 'con_agent_chat',
    audience: resourceServerIssuer,
    subject: person,
    resource_client_id: 'agent-at-chat',
    resources: JSON.stringify([resource]),
    scopes: JSON.stringify([scope]),
    sid,
    auth_time_seconds: authTime,
    issued_at: now * 1000,
    expires_at: (now + 300) * 1000,
    version: 0,
  };
  return {
    scope: 'ten_bare',
    expectedEpoch: 0,
    singleUse:
      assertion === undefined
        ? []
        : [{ kind: 'client-assertion', scope: 'ten_bare', key: assertion, keepUntil: (now + 300) * 1000 }],
    inserts: [{ table: 'issuances', row }],
    audit: {
      id,
      scope: 'ten_bare',
      at: Date.now(),
      kind: 'exchange',
      outcome: 'allow',
      client: 'agent',
      audience: resourceServerIssuer,
      resource,
      scopesRequested: scope,
      scopesGranted: scope,
      jti,
      facts: {
        groups: ['engineering'],
        acr: 'urn:crossgrant:acr:pwd',
        amr: ['pwd'],
        authTime,
        sid,
        resources: [resource],
      },
      personal: { person, username: person, email: `${person}@acme.example`, address: '127.0.0.1' },
    },
  };
}
