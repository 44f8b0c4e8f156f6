import { CommandMistake, loadWorld, makeAdminToken, type Terminal } from '@crossgrant/world';

export interface AdminTokenOptions {
  readonly world: string;
  readonly role: string;
  readonly expires: string;
  readonly name?: string;
  readonly clientApp: readonly string[];
  readonly resourceApp: readonly string[];
}

/** Makes an admin token and prints it, once. Returns the exit code. */
export async function runAdminTokenCreate(terminal: Terminal, options: AdminTokenOptions): Promise<number> {
  const { role, expires, clientApp: clientApps, resourceApp: resourceApps } = options;
  try {
    const made = await makeAdminToken(loadWorld(options.world), options.world, {
      name: options.name ?? role,
      role,
      expires,
      clientApps,
      resourceApps,
    });
    terminal.pairs([
      ['token', made.token],
      ['id', made.id],
      ['role', role],
      ['expires', new Date(made.expiresAt).toISOString()],
    ]);
    terminal.line();
    terminal.line('This is the only time the token is shown: it is stored as a hash. Keep it like a password.');
    return 0;
  } catch (error) {
    if (!(error instanceof CommandMistake)) throw error;
    terminal.problem(error.message);
    return 1;
  }
}
