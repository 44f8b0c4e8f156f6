import { randomUUID } from 'node:crypto';
import { typs } from '@crossgrant/protocol';
import {
  generateSigningKey,
  importSigningKey,
  parseCompactJws,
  signJws,
  verificationKeyOf,
  verifyJws,
} from '@crossgrant/protocol/jws';
import { clientSecret, resource, scope, strangerIssuer } from '../scenario.ts';
import { openBareCommit } from './bare-commit.ts';
import { serveBare } from './bare-http.ts';
import { runContender } from './contender.ts';

/** Nothing but the work: one verification, one signature, one commit with the replay record. */
await runContender(async ({ scenario, folder, issuerKey }) => {
  const audience = 'http://127.0.0.1:9';
  const clientId = 'agent-at-chat';
  const tokenKey = generateSigningKey(scenario.issued);
  const keys = [verificationKeyOf(importSigningKey(issuerKey))];
  const commit = openBareCommit(folder);

  const { port, close } = await serveBare(clientId, (form, done) => {
    const parsed = parseCompactJws(form.get('assertion') ?? '');
    const verified = parsed.ok ? verifyJws(parsed.value, keys, [scenario.received]) : parsed;
    const now = Math.floor(Date.now() / 1000);
    if (!verified.ok) return done({ ok: false });
    const { iss, aud, exp, sub, jti, client_id: boundTo } = verified.value.payload;
    if (iss !== strangerIssuer || aud !== audience || boundTo !== clientId || Number(exp) <= now)
      return done({ ok: false });
    const tokenId = randomUUID();
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
    commit.add({
      once: `${iss} ${jti}`,
      id: tokenId,
      client: clientId,
      person: String(sub),
      audience: resource,
      resource,
      scope,
      expiresAt: (now + 600) * 1000,
      done: (isFirst) => done(isFirst ? { ok: true, body } : { ok: false }),
    });
  });
  return {
    port,
    clientId,
    clientSecret,
    audience,
    issuer: strangerIssuer,
    tokenKey: issuerKey,
    people: [],
    async close() {
      await close();
      commit.close();
    },
  };
});
