import { randomUUID } from 'node:crypto';
import { tokenTypes, typs } from '@crossgrant/protocol';
import {
  exportPrivateJwk,
  generateSigningKey,
  parseCompactJws,
  signJws,
  verificationKeyOf,
  verifyJws,
} from '@crossgrant/protocol/jws';
import { clientSecret, resource, resourceServerIssuer, scope } from '../scenario.ts';
import { openBareCommit } from './bare-commit.ts';
import { serveBare } from './bare-http.ts';
import { runContender } from './contender.ts';

/** Nothing but the work: one verification, one signature, one commit. */
await runContender(async ({ scenario, folder }) => {
  const issuer = 'http://127.0.0.1:9';
  const tokenKey = generateSigningKey(scenario.received);
  const jagKey = generateSigningKey(scenario.issued);
  const keys = [verificationKeyOf(tokenKey)];
  const commit = openBareCommit(folder);

  const { port, close } = await serveBare('agent', (form, done) => {
    const parsed = parseCompactJws(form.get('subject_token') ?? '');
    const verified = parsed.ok ? verifyJws(parsed.value, keys, [scenario.received]) : parsed;
    const now = Math.floor(Date.now() / 1000);
    if (!verified.ok) return done({ ok: false });
    const { iss, aud, exp, sub, auth_time: authTime } = verified.value.payload;
    if (iss !== issuer || aud !== 'agent' || Number(exp) <= now) return done({ ok: false });
    const jti = randomUUID();
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
    const record = { id: jti, client: 'agent', person: String(sub), audience: resourceServerIssuer, resource, scope };
    commit.add({ ...record, expiresAt: (now + 300) * 1000, done: () => done({ ok: true, body }) });
  });
  return {
    port,
    clientId: 'agent',
    clientSecret,
    audience: resourceServerIssuer,
    issuer,
    tokenKey: exportPrivateJwk(tokenKey),
    people: Array.from({ length: 100 }, (_, index) => ({ sub: `usr_${index}`, sid: `sid-${index}` })),
    async close() {
      await close();
      commit.close();
    },
  };
});
