import {
  type ClientAuth,
  type CrossgrantClient,
  clientSecretBasic,
  clientSecretPost,
  createCrossgrantClient,
  none,
} from '@crossgrant/client';
import type { World } from '../schema/world.ts';
import { secretReader } from '../secrets.ts';

/** What the sample app is, read from the world once. */
export interface SampleAppFacts {
  readonly origin: string;
  readonly listen: string;
  readonly clientId: string;
  readonly idpIssuer: string;
  readonly person: string;
  /** The page after a sign-out at the IdP; absent when it is not registered there. */
  readonly afterSignOut?: string;
  readonly call: {
    readonly server: string;
    readonly tool: string;
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly scopes?: readonly string[];
  };
  /** The password of a person of this world, for the sign-on that the start performs. */
  passwordOf(username: string): string | undefined;
}

export function readSampleApp(world: World): SampleAppFacts {
  const app = world.sampleApp;
  if (app === undefined) throw new Error('This world has no sampleApp section.');
  const secretAt = secretReader(world);
  const origin = `http://${app.listen}`;
  const registered = world.policy?.clientApps.find(({ id }) => id === app.client)?.postLogoutRedirectUris ?? [];
  return {
    origin,
    listen: app.listen,
    clientId: app.client,
    idpIssuer: app.idp ?? world.idp?.issuer ?? '',
    person: app.person,
    afterSignOut: registered.find((uri) => uri === `${origin}/`),
    call: { ...app.call, server: app.call.server ?? world.mcpServer?.resource ?? '' },
    passwordOf: (username) => {
      const index = world.idp?.people.findIndex((person) => person.username === username) ?? -1;
      return index === -1 ? secretAt('sampleApp', 'password') : secretAt('idp', 'people', index, 'password');
    },
  };
}

/** The client of the sample app: its registration at the IdP, and one at each authorization server it knows. */
export function createSampleAppClient(world: World, facts: SampleAppFacts, fetchImpl: typeof fetch): CrossgrantClient {
  const apps = world.policy?.clientApps ?? [];
  const index = apps.findIndex((app) => app.id === facts.clientId);
  const secret = secretReader(world)('policy', 'clientApps', index, 'auth', 'secret');
  return createCrossgrantClient({
    idp: { issuer: facts.idpIssuer, clientId: facts.clientId, auth: authBy(apps[index]?.auth?.method ?? [], secret) },
    resourceServers: Object.fromEntries(registrations(world)),
    development: world.development,
    fetch: fetchImpl,
  });
}

type Registration = [issuer: string, registration: { clientId: string; auth: ClientAuth }];

function registrations(world: World): Registration[] {
  const secretAt = secretReader(world);
  const { authserver, sampleApp } = world;
  const foreign = sampleApp?.atResourceServer;
  const found: Registration[] = [];
  if (foreign !== undefined) {
    found.push([
      foreign.issuer,
      {
        clientId: foreign.id,
        auth: authBy(foreign.auth.method, secretAt('sampleApp', 'atResourceServer', 'auth', 'secret')),
      },
    ]);
  }
  if (authserver !== undefined && foreign?.issuer !== authserver.issuer) {
    const app = world.policy?.resourceApps.find((candidate) => candidate.issuer === authserver.issuer);
    const connection = world.policy?.connections.find(
      (candidate) => candidate.client === sampleApp?.client && candidate.resourceApp === app?.id,
    );
    const clientId = connection?.resourceClientId ?? sampleApp?.client;
    const index = authserver.clients.findIndex((client) => client.id === clientId);
    const client = authserver.clients[index];
    if (client !== undefined)
      found.push([
        authserver.issuer,
        {
          clientId: client.id,
          auth: authBy(client.auth?.method ?? [], secretAt('authserver', 'clients', index, 'auth', 'secret')),
        },
      ]);
  }
  return found;
}

function authBy(methods: readonly string[], secret: string | undefined): ClientAuth {
  if (secret === undefined) return none();
  return methods.includes('client_secret_basic') ? clientSecretBasic(secret) : clientSecretPost(secret);
}
