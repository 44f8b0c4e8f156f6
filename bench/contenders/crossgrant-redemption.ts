import { join } from 'node:path';
import { startAuthServer } from '@crossgrant/authserver';
import { importSigningKey } from '@crossgrant/protocol/jws';
import { freePorts } from '@crossgrant/testkit';
import { clientSecret, resource, scope, strangerIssuer } from '../scenario.ts';
import { runContender } from './contender.ts';

/** The authorization server as it ships: SQLite, durable replay record, token row and audit, people as accounts. */
await runContender(async ({ scenario, folder, issuerKey, clientJwks }) => {
  const [port = 0] = await freePorts(1);
  const issuer = `http://127.0.0.1:${port}`;
  const server = await startAuthServer({
    development: true,
    issuer,
    listen: `127.0.0.1:${port}`,
    database: join(folder, 'as.db'),
    keyFile: join(folder, 'as.key'),
    clients: [
      {
        id: 'agent-at-chat',
        auth:
          scenario.clientAuth === 'private_key_jwt'
            ? { methods: ['private_key_jwt'], keys: { jwks: clientJwks } }
            : { methods: ['client_secret_basic'], secret: clientSecret },
      },
    ],
    trustedIssuers: [
      {
        issuer: strangerIssuer,
        keys: { jwks: { keys: [importSigningKey(issuerKey).publicJwk] } },
        clients: ['agent-at-chat'],
        linking: 'jit',
      },
    ],
    resources: [{ identifier: resource, scopes: [scope] }],
  });
  return {
    port,
    clientId: 'agent-at-chat',
    clientSecret,
    serverIssuer: issuer,
    audience: issuer,
    issuer: strangerIssuer,
    tokenKey: issuerKey,
    people: [],
    close: () => server.close(),
  };
});
