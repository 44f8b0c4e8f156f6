import { join } from 'node:path';
import { type IdpConfig, type RunningIdp, startIdp } from '@crossgrant/idp';
import { exportPrivateJwk } from '@crossgrant/protocol/jws';
import { freePorts } from '@crossgrant/testkit';
import {
  type ContenderStart,
  clientSecret,
  resource,
  resourceServerIssuer,
  type Scenario,
  scope,
  type Target,
} from '../scenario.ts';
import { runContender } from './contender.ts';

const names = Array.from({ length: 100 }, (_, index) => `person-${index}`);

/** The IdP as it ships: SQLite, durable audit, policy, live state of person and session. */
await runContender(async ({ scenario, folder, clientJwks }) => {
  const [port = 0] = await freePorts(1);
  const issuer = `http://127.0.0.1:${port}`;
  const idp = await startIdp(configOf(scenario, { folder, port, issuer, clientJwks }));
  return {
    port,
    clientId: 'agent',
    clientSecret,
    serverIssuer: issuer,
    audience: resourceServerIssuer,
    issuer,
    tokenKey: exportPrivateJwk(idp.keyRing.signingKey(scenario.received)),
    people: await signEverybodyOn(idp),
    close: () => idp.close(),
  };
});

function configOf(
  scenario: Scenario,
  at: { folder: string; port: number; issuer: string; clientJwks: ContenderStart['clientJwks'] },
): IdpConfig {
  return {
    development: true,
    issuer: at.issuer,
    listen: `127.0.0.1:${at.port}`,
    database: join(at.folder, 'idp.db'),
    keyFile: join(at.folder, 'idp.key'),
    exchangeLimits: { perClient: 1e9, perClientAndPerson: 1e9 },
    people: names.map((name) => ({ username: name, email: `${name}@acme.example`, groups: ['engineering'] })),
    policy: {
      clientApps: [
        {
          id: 'agent',
          name: 'Agent',
          redirectUris: ['http://127.0.0.1:9/callback'],
          auth:
            scenario.clientAuth === 'private_key_jwt'
              ? { methods: ['private_key_jwt'], keys: { jwks: at.clientJwks } }
              : { methods: ['client_secret_basic'], secret: clientSecret },
        },
      ],
      resourceApps: [
        {
          id: 'chat',
          issuer: resourceServerIssuer,
          signingAlgorithm: scenario.issued,
          resources: [{ identifier: resource, scopes: { [scope]: { risk: 'read' } } }],
        },
      ],
      connections: [
        {
          client: 'agent',
          resourceApp: 'chat',
          resourceClientId: 'agent-at-chat',
          scopes: [scope],
          state: 'approved',
        },
      ],
      rules: [{ id: 'engineers', effect: 'allow', groups: ['engineering'] }],
    },
    log: { level: 'error' },
  };
}

/** What a sign-on leaves behind: one session for each person. */
async function signEverybodyOn({ database, tenantId }: RunningIdp): Promise<Target['people']> {
  const now = Date.now();
  const stored = await database.kysely.selectFrom('users').select('id').where('tenant_id', '=', tenantId).execute();
  const people = stored.map(({ id }) => ({ sub: id, sid: `sid-${id}` }));
  for (const { sub, sid } of people) {
    const session = {
      tenant_id: tenantId,
      sid,
      browser_session: `browser-${sub}`,
      client_id: 'agent',
      user_id: sub,
      auth_time_seconds: Math.floor(now / 1000) - 60,
      acr: 'urn:crossgrant:acr:pwd',
      amr: '["pwd"]',
      address: '127.0.0.1',
      created_at: now,
      expires_at: now + 8 * 3_600_000,
      ended_at: null,
      version: 0,
    };
    await database.kysely.insertInto('sessions').values(session).execute();
  }
  return people;
}
