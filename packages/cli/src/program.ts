import { readFileSync } from 'node:fs';
import { loadWorld, partyNames, runStart, type ServerParty, serve, type Terminal } from '@crossgrant/world';
import { Command, Option } from 'commander';
import { type AdminTokenOptions, runAdminTokenCreate } from './admin-token.ts';
import { runDoctor } from './doctor.ts';
import { runExplain } from './explain.ts';
import type { KeyAlgorithm } from './key-rows.ts';
import { exchangeEncryptionKeys, listKeys, revokeKey, rotateKeys, type ServerChoice } from './keys.ts';

export interface CommandDeps {
  readonly terminal: Terminal;
  readonly setExitCode: (code: number) => void;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The `crossgrant` command. Each subcommand reads one world file. */
export function createProgram(deps: CommandDeps): Command {
  const program = new Command('crossgrant')
    .description('The control plane for Cross App Access.')
    .version(version)
    .showHelpAfterError()
    .configureHelp({ showGlobalOptions: true });
  addServer(program, deps, 'idp', 'idp', 'start the IdP of a world');
  addServer(program, deps, 'as', 'authserver', 'start the authorization server of a world');

  withWorld(program.command('start').description('start every party of a world and make one tool call'))
    .option('--once', 'end after the call; the exit code tells whether every hop worked', false)
    .option('--person <name>', 'who signs on')
    .action(async (options: { world: string; once: boolean; person?: string }) => {
      deps.setExitCode(
        await runStart({
          once: options.once,
          person: options.person,
          worldFile: options.world,
          started: performance.now(),
        }),
      );
    });

  withWorld(
    program
      .command('explain')
      .description('say why a decision was made')
      .argument('<id>', 'the id of a decision or rule, or the jti of an ID-JAG or access token'),
  ).action(async (id: string, options: { world: string }) =>
    deps.setExitCode(await runExplain(deps.terminal, loadWorld(options.world), id)),
  );

  withWorld(
    program.command('doctor').description('check a world file and its surroundings without starting anything'),
  ).action(async (options: { world: string }) => deps.setExitCode(await runDoctor(deps.terminal, options.world)));
  addKeys(program, deps);
  addAdmin(program, deps);
  return program;
}

const algorithms: readonly KeyAlgorithm[] = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];

interface KeysFlags {
  readonly world: string;
  readonly server?: ServerChoice;
  readonly json?: boolean;
  readonly reason?: string;
}

/** Keys are managed beside the running servers, which follow by themselves. */
function addKeys(program: Command, { terminal, setExitCode }: CommandDeps): void {
  const keys = program.command('keys').description('list, rotate and revoke the keys of the servers of a world');
  const add = (usage: string, description: string): Command =>
    withWorld(keys.command(usage).description(description))
      .addOption(new Option('--server <name>', 'only this server').choices(['idp', 'as']))
      .option('--json', 'print one JSON document');
  const reason = ['--reason <text>', 'why; the audit keeps it'] as const;

  add('list', 'the keys, and where each stands')
    .option('--all', 'ended keys too')
    .action(async (flags: KeysFlags & { all?: boolean }) =>
      setExitCode(await listKeys(terminal, loadWorld(flags.world), flags)),
    );
  add('rotate', 'publish successors of the signing keys; they sign after an hour')
    .addOption(new Option('--alg <name>', 'only keys of this algorithm').choices(algorithms))
    .option('--encryption-key', 'exchange the encryption key instead')
    .option('--end', 'with --encryption-key: end the one before')
    .option(...reason)
    .action(async (flags: KeysFlags & { alg?: KeyAlgorithm; encryptionKey?: boolean; end?: boolean }) => {
      const run = flags.encryptionKey === true ? exchangeEncryptionKeys : rotateKeys;
      setExitCode(await run(terminal, loadWorld(flags.world), flags));
    });
  add('revoke', 'end a signing key at once, at every replica')
    .argument('<kid>', 'its kid, or the first eight characters or more')
    .option('--yes', 'do not ask')
    .option(...reason)
    .action(async (kid: string, flags: KeysFlags & { yes?: boolean }) =>
      setExitCode(await revokeKey(terminal, loadWorld(flags.world), kid, flags)),
    );
}

function addAdmin(program: Command, { terminal, setExitCode }: CommandDeps): void {
  const token = program
    .command('admin')
    .description('what the admin API needs')
    .command('token')
    .description('tokens of administrators');
  const also = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  withWorld(token.command('create').description('make an admin token and print it, once'))
    .requiredOption('--role <role>', 'owner, policy_admin, app_owner, help_desk or auditor')
    .requiredOption('--expires <time>', 'how long it lives, such as 12h, 90d or 1y; a year at most')
    .option('--name <name>', 'whose it is, for the audit')
    .option('--client-app <id>', 'a client app of an app owner; may be repeated', also, [])
    .option('--resource-app <id>', 'a resource app of an app owner; may be repeated', also, [])
    .action(async (options: AdminTokenOptions) => setExitCode(await runAdminTokenCreate(terminal, options)));
}

function withWorld(command: Command): Command {
  return command
    .option('--world <file>', 'the world file', 'worlds/default.yaml')
    .configureOutput({ outputError: (text, write) => write(withHint(text)) });
}

/** The world file is an option everywhere, so that commands can take an id. */
function withHint(text: string): string {
  return text.includes('too many arguments') ? `${text}Name the file with --world.\n` : text;
}

function addServer(
  program: Command,
  { terminal }: CommandDeps,
  name: string,
  server: ServerParty,
  description: string,
): void {
  withWorld(program.command(name).description(description)).action(async (options: { world: string }) => {
    const running = await serve(loadWorld(options.world), server, options.world);
    terminal.line(`The ${partyNames[server]} at ${running.url} is ready.`);
    if (running.adminUrl !== undefined) terminal.line(`Its admin API is at ${running.adminUrl}/admin/v1.`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await running.close();
  });
}
