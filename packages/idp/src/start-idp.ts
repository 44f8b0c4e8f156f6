import type { ServerResponse } from 'node:http';
import {
  createRefreshTokens,
  createSignOn,
  identityMigrations,
  passwordAssurance,
  type SignOn,
  type Tenant,
  upsertTenant,
} from '@crossgrant/identity';
import {
  createDpopNonces,
  createLog,
  createRefusalCounter,
  createSignatureMemory,
  type KeyDesk,
  type KeyRing,
  type Logger,
  Misuse,
  openDatabase,
  openKeyDesk,
  openKeyRing,
  openSecrets,
  type RefusalCounter,
  type Route,
  type RunningServer,
  type SecretBox,
  startKeySchedule,
  startServer,
} from '@crossgrant/platform';
import { type Clock, dpopTarget, newId, parseIssuerUrl, refusalResponse, refuse } from '@crossgrant/protocol';
import { createDpopVerifier } from '@crossgrant/protocol/jws';
import { applyConfig } from './apply/apply-config.ts';
import type { IdpConfig } from './config.ts';
import { type ClientSources, openClientSources } from './exchange/client-sources.ts';
import type { ExchangeDeps, ProofDeps } from './exchange/deps.ts';
import { createExchange } from './exchange/exchange.ts';
import { createRateLimiter } from './exchange/rate-limit.ts';
import { createSessionReader } from './exchange/session-reader.ts';
import { createSubjectBook } from './exchange/subject-book.ts';
import { explainPage } from './http/explain-page.ts';
import { endpointPath, endpointUrl, metadataRoutes } from './http/metadata.ts';
import { tokenEndpoint } from './http/token-endpoint.ts';
import { openIdpEncryptionKeys } from './keys.ts';
import type { LiveStateSource } from './snapshot/live-state.ts';
import { openLiveState } from './snapshot/live-state-source.ts';
import { idpMigrations } from './store/migrations.ts';
import type { IdpDatabase, IdpSchema } from './store/schema.ts';
import { neededAlgorithms } from './store/signing-algorithms.ts';

export interface RunningIdp {
  readonly url: string;
  readonly tenantId: string;
  /** For those who run the IdP inside their own process. */
  readonly database: IdpDatabase;
  readonly keyRing: KeyRing;
  /** Listing, rotation and revocation of the signing keys. */
  readonly keys: KeyDesk;
  readonly exchange: ExchangeDeps;
  /** Of the admin API, when it is on. */
  readonly adminUrl?: string;
  close(): Promise<void>;
}

/** Generous: they stop a loop that ran away, not an honest burst. */
const defaultLimits = { perClient: 300_000, perClientAndPerson: 60_000 } as const;

/** ID tokens whose signature is not computed again when they are exchanged for another resource. */
const rememberedTokens = 5_000;

/** Starts one IdP process: database, keys, the configured people and policy, sign-on, exchange and the HTTP edge. */
export async function startIdp(config: IdpConfig, seams: { readonly clock?: Clock } = {}): Promise<RunningIdp> {
  checkConfig(config);
  const clock = seams.clock ?? Date.now;
  const log = createLog({ name: 'idp', level: config.log?.level, destination: config.log?.destination });
  const encryption = openIdpEncryptionKeys(config);
  const database: IdpDatabase = await openDatabase<IdpSchema>({
    url: config.database,
    migrations: [...identityMigrations, ...idpMigrations],
    clock,
    writer: 'idp',
    onProblem: (problem, cause) => log.error({ err: cause }, problem),
  });
  try {
    const secretBox = await openSecrets(database, encryption, clock);
    return await serve(config, { clock, log, secretBox, database });
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretBox: SecretBox;
  readonly database: IdpDatabase;
}

async function serve(config: IdpConfig, { clock, log, secretBox, database }: Parts): Promise<RunningIdp> {
  const { issuer } = config;
  const tenant = await upsertTenant(database, { issuer, name: config.tenant?.name ?? 'default' }, clock());
  const place = { database, scope: tenant.id, secrets: secretBox, clock };
  const keyRing = await openKeyRing({
    ...place,
    purposes: ['tokens'],
    algorithms: await neededAlgorithms(database, tenant.id, config),
    onProblem: (problem) => log.error({ err: problem }, 'a stored key is left out'),
  });
  await applyConfig({ database, tenantId: tenant.id, secretBox, clock, log }, config);
  const schedule = startKeySchedule({
    ...place,
    onRotated: (kids) => log.info({ kids }, 'new signing keys are published'),
    onProblem: (problem) => log.error({ err: problem }, 'the schedule of the keys failed'),
  });
  const liveState = await openLiveState({
    database,
    tenant: { id: tenant.id, issuer },
    methods: [passwordAssurance(config.signOn?.password)],
    log,
    keys: keyRing,
  });
  const anonymous = createRefusalCounter({
    commits: database.commits,
    clock,
    onProblem: (error) => log.error({ err: error }, 'counted refusals were not written'),
  });
  const explainUrl = endpointUrl(issuer, '/explain');
  const clients = openClientSources(config, { clock, log, database, tenantId: tenant.id });
  const exchange = exchangeDeps(
    config,
    { clock, log, secretBox, database },
    { tenantId: tenant.id, keyRing, liveState, anonymous, explainUrl, ...clients },
  );
  const signOn = createSignOn({
    database,
    tenant,
    keyRing,
    secretBox,
    ...clients,
    clock,
    log,
    anonymous,
    everyoneRevokedBefore: async () => (await liveState.refresh()).tenant.revokedBefore, // LES-75
    explainUrl,
    proofs: exchange.proofs,
    development: config.development,
    sessionSeconds: config.sessionSeconds,
    ...config.signOn,
  });
  const server = await startServer({
    listen: config.listen,
    issuer,
    log,
    allowedHosts: config.listen.endsWith(':0') ? undefined : [new URL(issuer).host, config.listen], // LES-70
    routes: await buildRoutes({ config, tenantName: tenant.name, exchange, signOn }),
    fallback: async (request, response, body) => {
      const { tenant: now } = await liveState.refresh();
      if (now.state !== 'active') return refuseClosed(response, explainUrl); // LES-20
      return signOn.callback(request, response, body);
    },
  });

  const admin = await openAdmin(
    config,
    { clock, log, secretBox, database },
    { tenant, keys: openKeyDesk(place), anonymous, liveState },
  ).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });

  log.info({ url: server.url, issuer }, 'the IdP listens');
  return {
    url: server.url,
    tenantId: tenant.id,
    database,
    keyRing,
    keys: openKeyDesk(place),
    exchange,
    adminUrl: admin?.url,
    async close() {
      await Promise.all([server.close(), admin?.close()]);
      await schedule.close();
      liveState.close();
      await anonymous.close();
      await database.close();
    },
  };
}

/** The code of the admin API is loaded where it is on, and only there. */
async function openAdmin(
  { admin, development }: IdpConfig,
  parts: Parts,
  own: { tenant: Tenant; keys: KeyDesk; anonymous: RefusalCounter; liveState: LiveStateSource },
): Promise<RunningServer | undefined> {
  if (admin === undefined) return undefined;
  const { startAdmin } = await import('./admin/start-admin.ts');
  const { tenant, keys, anonymous, liveState } = own;
  const deps = { ...parts, tenantId: tenant.id, tenantName: tenant.name, keys, liveState, development };
  return startAdmin(admin, deps, { anonymous });
}

function exchangeDeps(
  config: IdpConfig,
  parts: Parts,
  own: {
    tenantId: string;
    keyRing: KeyRing;
    liveState: LiveStateSource;
    anonymous: RefusalCounter;
    explainUrl: string;
  } & ClientSources,
): ExchangeDeps {
  const limits = config.exchangeLimits ?? defaultLimits;
  return {
    ...parts,
    ...own,
    issuer: config.issuer,
    tokenEndpoint: endpointUrl(config.issuer, '/token'),
    publicClients: config.publicClients === true,
    subjectTokens: createSignatureMemory(rememberedTokens),
    sessions: createSessionReader(parts.database, own.tenantId),
    refreshTokens: createRefreshTokens({ ...parts, tenantId: own.tenantId }),
    subjects: createSubjectBook(parts.database, own.tenantId),
    proofs: proofDeps(config, own.tenantId, parts.secretBox),
    limits: { byClient: createRateLimiter(limits.perClient), byPerson: createRateLimiter(limits.perClientAndPerson) },
  };
}

function proofDeps({ issuer, dpopNonces }: IdpConfig, tenantId: string, secretBox: SecretBox): ProofDeps {
  const target = dpopTarget(endpointUrl(issuer, '/token'));
  if (target === undefined) throw new Misuse('idp/issuer', `The token endpoint of ${issuer} is no plain address.`);
  return {
    verify: createDpopVerifier(),
    target,
    nonces: dpopNonces === 'required' ? createDpopNonces(secretBox, tenantId) : undefined,
  };
}

/** What every door of sign-on answers while the tenant is closed. */
function refuseClosed(response: ServerResponse, explainUrl: string): void {
  const { refusal } = refuse('policy/denied', { because: 'tenant disabled' });
  const { status, headers, body } = refusalResponse(refusal, { id: newId('aud'), explainUrl });
  response.writeHead(status, headers);
  response.end(body);
}

async function buildRoutes(own: {
  config: IdpConfig;
  tenantName: string;
  exchange: ExchangeDeps;
  signOn: SignOn;
}): Promise<readonly Route[]> {
  const { exchange, signOn, tenantName } = own;
  const { issuer, clientMetadataDocuments, publicClients } = own.config;
  const handler = tokenEndpoint({ ...exchange, exchange: createExchange(exchange) });
  return [
    { method: 'POST', path: endpointPath(issuer, '/token'), handler },
    { method: 'GET', path: endpointPath(issuer, '/explain/*'), handler: explainPage({ issuer, tenantName }) },
    ...(await metadataRoutes({ issuer, signOn, keyRing: exchange.keyRing, clientMetadataDocuments, publicClients })),
  ];
}

function checkConfig(config: IdpConfig): void {
  const { issuer, development, database, keyFile } = config;
  const parsed = parseIssuerUrl(issuer, { allowHttpLoopback: development });
  if (!parsed.ok) {
    throw new Misuse(
      'idp/issuer',
      `idp.issuer must be an https URL without query and fragment${development ? ', or http on loopback' : ''}; ${JSON.stringify(issuer)} is not.`,
    ); // MET-05
  }
  if (config.publicClients === true && config.clientMetadataDocuments !== true) {
    throw new Misuse(
      'idp/public-clients',
      'idp.publicClients needs idp.clientMetadataDocuments: only a client with a document may be public.',
    ); // CAU-04
  }
  if (database === '') {
    throw new Misuse('idp/database', 'idp.database must name a file or a postgres:// URL.');
  }
  if (!development && keyFile === undefined && (process.env.CROSSGRANT_IDP_KEY ?? '') === '') {
    throw new Misuse('idp/key', 'idp.keyFile or the variable CROSSGRANT_IDP_KEY must hold the encryption key.');
  }
}
