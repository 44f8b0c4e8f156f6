import { join } from 'node:path';
import { type AuditEntry, openDatabase } from '@crossgrant/platform';
import { newId, typs } from '@crossgrant/protocol';
import {
  generateSigningKey,
  importSigningKey,
  parseCompactJws,
  signJws,
  verificationKeyOf,
  verifyJws,
} from '@crossgrant/protocol/jws';
import {
  createSqlResourceStore,
  type RedemptionCommit,
  type ResourceSchema,
  resourceMigrations,
} from '@crossgrant/resource';
import { clientSecret, resource, scope, strangerIssuer } from '../scenario.ts';
import { serveBare } from './bare-http.ts';
import { runContender } from './contender.ts';

/**
 * Nothing but the work: one verification, one signature, and the commit of the same rows through the same group commit, the
 * replay record among them.
 */
await runContender(async (start) => {
  const { scenario, folder, issuerKey } = start;
  const audience = 'http://127.0.0.1:9';
  const clientId = 'agent-at-chat';
  const tokenKey = generateSigningKey(scenario.issued);
  const keys = [verificationKeyOf(importSigningKey(issuerKey))];
  const database = await openDatabase<ResourceSchema>({ url: join(folder, 'bare.db'), migrations: resourceMigrations });
  const store = createSqlResourceStore(database, 'ras');

  const { port, close } = await serveBare({ clientId, start }, (form, proof, done) => {
    const parsed = parseCompactJws(form.get('assertion') ?? '');
    const verified = parsed.ok ? verifyJws(parsed.value, keys, [scenario.received]) : parsed;
    const now = Math.floor(Date.now() / 1000);
    if (!verified.ok) return done({ ok: false });
    const { iss, aud, exp, sub, jti, client_id: boundTo } = verified.value.payload;
    if (iss !== strangerIssuer || aud !== audience || boundTo !== clientId || Number(exp) <= now)
      return done({ ok: false });
    const tokenId = newId('tok');
    const accessToken = signJws(tokenKey, typs.accessToken, {
      iss: audience,
      sub: String(sub),
      aud: resource,
      client_id: clientId,
      jti: tokenId,
      iat: now,
      exp: now + 600,
      scope,
    });
    const body = JSON.stringify({ access_token: accessToken, token_type: 'Bearer', expires_in: 600, scope, resource });
    store
      .commitRedemption(
        redemptionCommit({ tokenId, person: String(sub), jti: String(jti), clientId, now, assertion: proof.jti }),
      )
      .then(
        (outcome) => done(outcome === 'committed' ? { ok: true, body } : { ok: false }),
        () => done({ ok: false }),
      );
  });
  return {
    port,
    clientId,
    clientSecret,
    serverIssuer: audience,
    audience,
    issuer: strangerIssuer,
    tokenKey: issuerKey,
    people: [],
    async close() {
      await close();
      await store.close();
    },
  };
});

/** The rows that a redemption leaves: the replay record, the token, and the audit of it. */
function redemptionCommit(issued: {
  tokenId: string;
  person: string;
  jti: string;
  clientId: string;
  now: number;
  assertion: string | undefined;
}): RedemptionCommit {
  const { tokenId, person, jti, clientId, now } = issued;
  const audit: AuditEntry = {
    id: newId('aud'),
    scope: 'ras',
    at: Date.now(),
    kind: 'redemption',
    outcome: 'allow',
    client: clientId,
    resource,
    scopesGranted: scope,
    jti,
    facts: { issuer: strangerIssuer, scopesClaimed: scope, resourcesClaimed: resource, authTime: now - 60, tokenId },
    personal: { person, address: '127.0.0.1' },
  };
  return {
    epoch: 0,
    proofs:
      issued.assertion === undefined
        ? []
        : [
            {
              kind: 'client-assertion',
              key: issued.assertion,
              keepUntil: (now + 300) * 1000,
              whenUsed: { outcome: 'assertion-used', audit },
            },
          ],
    replay: { issuer: strangerIssuer, jti, keepUntil: (now + 360) * 1000 },
    token: {
      tokenId,
      customerId: 'default',
      accountId: person,
      clientId,
      audience: resource,
      scope,
      issuedAt: now * 1000,
      expiresAt: (now + 600) * 1000,
      authTime: now - 60,
      grantIssuer: strangerIssuer,
      grantTenant: '',
      grantSubject: person,
      grantJti: jti,
    },
    audit,
  };
}
