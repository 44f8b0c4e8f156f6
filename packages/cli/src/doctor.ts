import {
  busyPorts,
  checkDatabaseFiles,
  checkDatabaseKeys,
  checkForProduction,
  checkKeyAges,
  checkKeys,
  checkSecrets,
  findDecision,
  isPostgresUrl,
  loadWorld,
  secretReader,
  type Terminal,
  type World,
  WorldMistakes,
} from '@crossgrant/world';

interface Check {
  readonly name: string;
  /** Sentences about what is wrong; none means it is well. */
  readonly problems: readonly string[];
}

/** Checks a world file and its surroundings without starting anything. Prints no secret. Returns the exit code. */
export async function runDoctor(terminal: Terminal, worldFile: string): Promise<number> {
  const world = tryLoad(worldFile);
  if (Array.isArray(world)) return print(terminal, [{ name: 'world file', problems: world }]);
  const isReadable = checkSecrets(world).length === 0;
  const checks: Check[] = [
    { name: 'world file', problems: [] },
    { name: 'secrets', problems: checkSecrets(world) },
    { name: 'keys', problems: checkKeys(world, ['idp', 'authserver']) },
    { name: 'ports', problems: await busyPorts(world) },
    { name: 'databases', problems: isReadable ? await checkDatabases(world) : [] },
    { name: 'signing keys', problems: isReadable ? await checkKeyAges(world) : [] },
  ];
  const code = print(terminal, checks);
  if (world.development) {
    terminal.line();
    terminal.title('This world is for development. Production would refuse:');
    for (const sentence of checkForProduction(world)) terminal.line(`  ${sentence}`);
  }
  return code;
}

function tryLoad(worldFile: string): World | string[] {
  try {
    return loadWorld(worldFile);
  } catch (error) {
    if (error instanceof WorldMistakes) return [...error.sentences];
    throw error;
  }
}

function print(terminal: Terminal, checks: readonly Check[]): number {
  for (const { name, problems } of checks) {
    terminal.pairs([[name, problems.length === 0 ? 'ok' : `${problems.length} to mend`]]);
    for (const problem of problems) terminal.problem(`    ${problem}`);
  }
  return checks.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

/** A file must be a database that opens, or writable where it will stand; a PostgreSQL must answer. */
async function checkDatabases(world: World): Promise<string[]> {
  const problems = [...checkDatabaseFiles(world), ...(await checkDatabaseKeys(world))];
  for (const server of ['idp', 'authserver'] as const) {
    const url = secretReader(world)(server, 'database');
    if (url !== undefined && isPostgresUrl(url)) {
      const reason = await findDecision(
        { ...world, idp: undefined, authserver: undefined, [server]: world[server] },
        { id: 'none' },
      ).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (reason !== undefined)
        problems.push(`${server}.database: ${reason}. Check that PostgreSQL runs and that its URL is right.`);
    }
  }
  return problems;
}
