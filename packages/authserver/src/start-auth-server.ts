import {
  createDpopNonces,
  createGuardedFetch,
  createLog,
  type Database,
  type IssuerKeys,
  type KeyDesk,
  type KeyPlace,
  type KeyRing,
  type Logger,
  Misuse,
  openDatabase,
  openKeyDesk,
  openKeyRing,
  openSecrets,
  type SecretBox,
  startKeySchedule,
  startServer,
} from '@crossgrant/platform';
import { type Clock, parseIssuerUrl } from '@crossgrant/protocol';
import {
  createResourceAuthorizationServer,
  createSqlResourceStore,
  documentPolicyOf,
  openClientDocuments,
  type ResourceStore,
  resourceMigrations,
} from '@crossgrant/resource';
import { blockClient, unblockClient } from './commands/block-client.ts';
import type { Act, CommandDeps, Done } from './commands/change-state.ts';
import { disableIssuer, enableIssuer } from './commands/disable-issuer.ts';
import { type AccountName, disableAccount, enableAccount, revokeAccount } from './commands/revoke-account.ts';
import type { AuthServerConfig } from './config.ts';
import { openAuthServerEncryptionKeys, scope } from './keys.ts';
import { applyConfiguration } from './store/apply-configuration.ts';
import { checkLinks, declareAccounts, statedAccounts } from './store/declare-accounts.ts';
import { holdDirectory } from './store/directory-holder.ts';
import { type DirectoryDeps, loadDirectory, readDirectory } from './store/load-directory.ts';
import { type AuthServerSchema, authServerMigrations } from './store/schema.ts';

export interface StartOptions {
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface RunningAuthServer {
  readonly url: string;
  readonly port: number;
  readonly database: Database<AuthServerSchema>;
  readonly store: ResourceStore;
  readonly commands: AuthServerCommands;
  /** Listing, rotation and revocation of the signing keys. */
  readonly keys: KeyDesk;
  close(): Promise<void>;
}

/** What an administrator may do at once. */
export interface AuthServerCommands {
  blockClient(clientId: string, act: Act): Promise<Done>;
  unblockClient(clientId: string, act: Act): Promise<Done>;
  disableIssuer(issuer: string, act: Act): Promise<Done>;
  enableIssuer(issuer: string, act: Act): Promise<Done>;
  disableAccount(account: AccountName, act: Act): Promise<Done>;
  enableAccount(account: AccountName, act: Act): Promise<Done>;
  revokeAccount(account: AccountName, act: Act): Promise<Done>;
}

/** Opens the database, applies the configuration and serves. */
export async function startAuthServer(
  config: AuthServerConfig,
  options: StartOptions = {},
): Promise<RunningAuthServer> {
  const issuer = parseIssuerUrl(config.issuer, { allowHttpLoopback: config.development });
  if (!issuer.ok) throw issuerMisuse(config.issuer, issuer.refusal.problem); // MET-05, BCP-05
  const clock = options.clock ?? Date.now;
  const log = options.log ?? createLog({ name: 'authserver' });
  const encryption = openAuthServerEncryptionKeys(config);
  const database = await openDatabase<AuthServerSchema>({
    url: config.database,
    migrations: [...resourceMigrations, ...authServerMigrations],
    clock,
    writer: scope,
    onProblem: (problem, cause) => log.warn({ err: cause }, problem),
  });
  try {
    const secrets = await openSecrets(database, encryption, clock);
    return await serve(config, { database, secrets, clock, log });
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Opened {
  readonly database: Database<AuthServerSchema>;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
}

async function serve(config: AuthServerConfig, opened: Opened): Promise<RunningAuthServer> {
  const { database, clock, log } = opened;
  const store = createSqlResourceStore(database, scope, clock);
  const directoryDeps = trustDeps(config, opened);
  const accounts = statedAccounts(config);
  await checkLinks(accounts, store);
  await applyConfiguration(config, directoryDeps);
  await declareAccounts(accounts, { store, clock, scope });
  const keys = await openKeys(opened);
  const schedule = startKeySchedule({
    ...keyPlace(opened),
    onRotated: (kids) => log.info({ kids }, 'new signing keys are published'),
    onProblem: (problem) => log.error({ err: problem }, 'the schedule of the keys failed'),
  });
  const holder = await holdDirectory(async () => {
    const directory = await loadDirectory(directoryDeps);
    await keys.reload();
    return directory;
  });

  const stopListening = database.onChange((changed) => {
    if (changed !== scope) return;
    void holder.refresh().catch((error: unknown) => log.error({ err: error }, 'the directory could not be read again'));
  });
  const server = createResourceAuthorizationServer({
    issuer: config.issuer,
    store,
    keys,
    clock,
    log,
    auditScope: scope,
    clientDocuments:
      directoryDeps.documents === undefined
        ? undefined
        : openClientDocuments({ ...directoryDeps, store, log, auditScope: scope }),
    dpop: {
      nonces: config.dpopNonces === 'required' ? createDpopNonces(opened.secrets, scope) : undefined,
      jwtDpopGrant: config.jwtDpopGrant,
    },
    directory: holder.current,
    refreshDirectory: holder.refresh,
  });
  const running = await startServer({
    listen: config.listen,
    routes: server.routes(),
    allowedHosts: allowedHosts(config),
    issuer: config.issuer,
    log,
  });
  return {
    url: running.url,
    port: running.port,
    database,
    store,
    keys: openKeyDesk(keyPlace(opened)),
    commands: commandsOf({
      database,
      store,
      scope,
      clock,
      checkRows: (queries, epoch) => readDirectory(queries, epoch, directoryDeps),
    }),
    async close() {
      stopListening();
      await running.close();
      await server.close();
      await schedule.close();
      await store.close();
    },
  };
}

function trustDeps(config: AuthServerConfig, { database, secrets, clock, log }: Opened): DirectoryDeps {
  return {
    issuer: config.issuer,
    database,
    scope,
    secrets,
    clock,
    development: config.development,
    documents: documentPolicyOf(config.clientMetadataDocuments, config.development),
    fetch: createGuardedFetch({ development: config.development }),
    opened: new Map<string, IssuerKeys>(),
    onAlert: (alert) => log.warn({ alert }, 'the keys of a trusted issuer need attention'),
  };
}

function openKeys(opened: Opened): Promise<KeyRing> {
  return openKeyRing({
    ...keyPlace(opened),
    purposes: ['access-token'],
    algorithms: ['ES256'],
    onProblem: (problem) => opened.log.error({ err: problem }, 'a stored key is left out'),
  });
}

function keyPlace({ database, secrets, clock }: Opened): KeyPlace<AuthServerSchema> {
  return { database, scope, secrets, clock };
}

/** The public host and the one that is listened on; a port that is only known later leaves the host unchecked. */
function allowedHosts(config: AuthServerConfig): readonly string[] | undefined {
  if (config.listen.endsWith(':0')) return undefined;
  return [new URL(config.issuer).host, config.listen]; // LES-70
}

function issuerMisuse(issuer: string, problem: string): Misuse {
  const rule = 'it must be https, or http on loopback in development';
  return new Misuse('authserver/issuer', `The issuer ${issuer} is not acceptable (${problem}); ${rule}.`);
}

function commandsOf(deps: CommandDeps): AuthServerCommands {
  return {
    blockClient: (clientId, act) => blockClient(deps, clientId, act),
    unblockClient: (clientId, act) => unblockClient(deps, clientId, act),
    disableIssuer: (issuer, act) => disableIssuer(deps, issuer, act),
    enableIssuer: (issuer, act) => enableIssuer(deps, issuer, act),
    disableAccount: (account, act) => disableAccount(deps, account, act),
    enableAccount: (account, act) => enableAccount(deps, account, act),
    revokeAccount: (account, act) => revokeAccount(deps, account, act),
  };
}
