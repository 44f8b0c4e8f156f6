import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { openServerKeys, partyNames, type ServerKeys, type Terminal, type World } from '@crossgrant/world';
import { encryptionRow, type KeyAlgorithm, keyRow, moment } from './key-rows.ts';

/** Which of the two servers a command is about; both where none is named. */
export type ServerChoice = 'idp' | 'as' | undefined;

export interface KeysOptions {
  readonly server?: ServerChoice;
  readonly json?: boolean;
}

/** Prints the keys of the servers of a world. Returns the exit code. */
export function listKeys(terminal: Terminal, world: World, options: KeysOptions & { all?: boolean }): Promise<number> {
  return withServers(terminal, world, options, async (servers) => {
    const found = await Promise.all(
      servers.map(async ({ server, issuer, keys }) => ({
        server: shortNames[server],
        issuer,
        keys: (await keys.list()).filter(({ phase }) => options.all === true || isPublished(phase)),
        encryptionKeys: await keys.listEncryptionKeys(),
      })),
    );
    if (options.json === true) return printJson(terminal, { servers: found });
    for (const [index, { issuer, keys, encryptionKeys }] of found.entries()) {
      if (index > 0) terminal.line();
      terminal.title(titleOf(servers[index]), issuer);
      terminal.pairs([...keys.map(keyRow), ...encryptionKeys.map(encryptionRow)]);
    }
    return 0;
  });
}

/** Prepares successors for the signing keys. Returns the exit code. */
export function rotateKeys(
  terminal: Terminal,
  world: World,
  options: KeysOptions & { alg?: KeyAlgorithm; reason?: string },
): Promise<number> {
  return withServers(terminal, world, options, async (servers) => {
    const rotations = [];
    for (const { server, issuer, keys } of servers) {
      for (const { next, isNew } of await keys.rotate({ actor: actor(), reason: options.reason }, { alg: options.alg }))
        rotations.push({ server: shortNames[server], issuer, isNew, ...next });
    }
    if (options.json === true) return printJson(terminal, { rotations });
    for (const { server, alg, kid, isNew, signsFrom } of rotations)
      terminal.line(
        isNew
          ? `${server}: the ${alg} key ${kid} is published, and signs from ${moment(signsFrom)}.`
          : `${server}: a rotation is under way; the ${alg} key ${kid} signs from ${moment(signsFrom)}.`,
      );
    if (rotations.length > 0) return 0;
    terminal.problem(options.alg === undefined ? 'No key signs.' : `No key signs with ${options.alg}.`);
    return 1;
  });
}

/** Exchanges the encryption keys, or ends those of before. Returns the exit code. */
export function exchangeEncryptionKeys(
  terminal: Terminal,
  world: World,
  options: KeysOptions & { end?: boolean; reason?: string },
): Promise<number> {
  return withServers(terminal, world, options, async (servers) => {
    const done = [];
    for (const { server, keys, keyVariable } of servers) {
      if (options.end === true) {
        const ended = await keys.endOtherEncryptionKeys({ actor: actor(), reason: options.reason });
        const sentence =
          ended === 0 ? 'one encryption key opens the database, as before.' : 'the encryption key of before has ended.';
        done.push({ server: shortNames[server], result: ended === 0 ? 'unchanged' : 'ended', sentence });
      } else {
        const result = await keys.exchangeEncryptionKey();
        done.push({ server: shortNames[server], result, sentence: exchangeSentence(result, keyVariable) });
      }
    }
    if (options.json === true) return printJson(terminal, { encryptionKeys: done });
    for (const { server, sentence } of done) terminal.line(`${server}: ${sentence}`);
    return done.every(({ result }) => result !== 'name both in the environment') ? 0 : 1;
  });
}

function exchangeSentence(result: string, variable: string): string {
  const end = 'Give every process the new key, then run "crossgrant keys rotate --encryption-key --end".';
  if (result === 'exchanged') return `a new encryption key opens the database beside the one before. ${end}`;
  if (result === 'under way') return `two encryption keys open the database already. ${end}`;
  return `the key comes from the environment. Put the present one into ${variable}_PREVIOUS and a new one into ${variable}, and run this again.`;
}

/** Ends one signing key at once, after a question. Returns the exit code. */
export function revokeKey(
  terminal: Terminal,
  world: World,
  kid: string,
  options: KeysOptions & { yes?: boolean; reason?: string },
): Promise<number> {
  return withServers(terminal, world, options, async (servers) => {
    const found = [];
    for (const each of servers)
      for (const key of await each.keys.list())
        if (key.kid === kid || (kid.length >= 8 && key.kid.startsWith(kid))) found.push({ ...each, key });
    const [hit] = found;
    if (hit === undefined || found.length > 1) {
      terminal.problem(
        hit === undefined ? `No key is called ${kid.slice(0, 100)}.` : `Several keys begin with ${kid}.`,
      );
      return 1;
    }
    const { server, key, keys } = hit;
    if (!isPublished(key.phase)) {
      terminal.problem(`The key ${key.kid} is ${key.phase} already.`);
      return 1;
    }
    const question = `End the ${key.alg} key ${key.kid} of the ${partyNames[server]} at once? Every token it signed is refused from then on.`;
    if (options.yes !== true && !(await confirms(terminal, question))) return 1;
    const done = await keys.revoke(key.kid, { actor: actor(), reason: options.reason });
    if (options.json === true) return printJson(terminal, { server: shortNames[server], revoked: done });
    terminal.line(`${shortNames[server]}: the key ${key.kid} has ended; nothing it signed counts any more.`);
    if (done?.successor !== undefined) terminal.line(`The key ${done.successor} signs in its place.`);
    return 0;
  });
}

const shortNames = { idp: 'idp', authserver: 'as' } as const;

function titleOf(each: ServerKeys | undefined): string {
  return each === undefined ? '' : `Keys of the ${partyNames[each.server]}`;
}

function isPublished(phase: string): boolean {
  return phase !== 'gone' && phase !== 'revoked';
}

async function withServers(
  terminal: Terminal,
  world: World,
  options: KeysOptions,
  body: (servers: readonly ServerKeys[]) => Promise<number>,
): Promise<number> {
  const opened: ServerKeys[] = [];
  try {
    for (const server of ['idp', 'authserver'] as const) {
      if (options.server !== undefined && options.server !== shortNames[server]) continue;
      const keys = await openServerKeys(world, server);
      if (keys !== undefined) opened.push(keys);
    }
    if (opened.length > 0) return await body(opened);
    terminal.problem('There are no keys yet: start the server once, and it makes them.');
    return 1;
  } finally {
    await Promise.all(opened.map(({ keys }) => keys.close()));
  }
}

async function confirms(terminal: Terminal, question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    terminal.problem(`${question} Nobody can be asked here; say --yes.`);
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question(`${question} [y/N] `);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

function printJson(terminal: Terminal, document: object): number {
  terminal.line(JSON.stringify(document));
  return 0;
}

/** Who runs the command, as the audit names them. */
function actor(): string {
  try {
    return `command:${userInfo().username}`;
  } catch {
    return 'command';
  }
}
