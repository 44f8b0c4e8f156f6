import { readFileSync } from 'node:fs';
import { formatMistake, WorldMistakes } from './mistakes.ts';
import type { Mistake, Path } from './read-yaml.ts';
import type { Secret } from './schema/fields.ts';
import type { World } from './schema/world.ts';

/** Where secrets come from: the environment, and files. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

export const processSecretSources: SecretSources = { env: process.env, readFile: (path) => readFileSync(path, 'utf8') };

/** One secret of a world file, with the kind that says how it is judged. */
export interface SecretEntry {
  readonly path: Path;
  readonly secret: Secret;
  readonly kind: 'password' | 'client' | 'foreign' | 'database';
}

/** Every secret a world names. The only list of them: checks and `crossgrant doctor` read it. */
export function secretsOf(world: World): readonly SecretEntry[] {
  const entries: { path: Path; secret: Secret | undefined; kind: SecretEntry['kind'] }[] = [
    ...(world.idp?.people ?? []).map((person, index) => ({
      path: ['idp', 'people', index, 'password'],
      secret: person.password,
      kind: 'password' as const,
    })),
    ...(world.policy?.clientApps ?? []).map((app, index) => ({
      path: ['policy', 'clientApps', index, 'auth', 'secret'],
      secret: app.auth?.secret,
      kind: 'client' as const,
    })),
    ...(world.authserver?.clients ?? []).map((client, index) => ({
      path: ['authserver', 'clients', index, 'auth', 'secret'],
      secret: client.auth?.secret,
      kind: 'client' as const,
    })),
    ...(world.authserver?.resources ?? []).map((resource, index) => ({
      path: ['authserver', 'resources', index, 'introspectionSecret'],
      secret: resource.introspectionSecret,
      kind: 'client' as const,
    })),
    { path: ['sampleApp', 'password'], secret: world.sampleApp?.password, kind: 'foreign' },
    {
      path: ['sampleApp', 'atResourceServer', 'auth', 'secret'],
      secret: world.sampleApp?.atResourceServer?.auth.secret,
      kind: 'foreign',
    },
    { path: ['idp', 'database'], secret: world.idp?.database, kind: 'database' },
    { path: ['authserver', 'database'], secret: world.authserver?.database, kind: 'database' },
  ];
  return entries.flatMap(({ path, secret, kind }) => (secret === undefined ? [] : [{ path, secret, kind }]));
}

const minimumClientSecretLength = 32;

/**
 * The text of a secret, or what is wrong with it. Read when a server is configured, never when the file is loaded, so
 * that one server does not hold the secrets of another.
 */
export function readSecret(
  entry: SecretEntry,
  development: boolean,
  sources: SecretSources = processSecretSources,
): { text: string } | { mistake: Mistake } {
  const { path, secret, kind } = entry;
  const text = typeof secret === 'string' ? secret : fetchSecret(secret, sources);
  if (typeof text !== 'string') return { mistake: { path, sentence: text.sentence } };
  if (text === '') return { mistake: { path, sentence: 'is empty.' } };
  if (kind === 'client' && !/^[A-Za-z0-9_-]*$/.test(text))
    return {
      mistake: {
        path,
        sentence: 'may hold letters, digits, "-" and "_" only, so that every client sends the same text.',
      },
    };
  if (kind === 'client' && !development && text.length < minimumClientSecretLength) {
    return {
      mistake: {
        path,
        sentence: `must be at least ${minimumClientSecretLength} random characters; "openssl rand -hex 32" makes one.`,
      },
    };
  }
  return { text };
}

/** The secrets of one world by path, each read at its first use. Throws one `WorldMistakes` for what cannot be read. */
export function secretReader(
  world: World,
  sources: SecretSources = processSecretSources,
): (...path: Path) => string | undefined {
  const entries = new Map(secretsOf(world).map((entry) => [formatMistake({ path: entry.path, sentence: '' }), entry]));
  return (...path) => {
    const entry = entries.get(formatMistake({ path, sentence: '' }));
    if (entry === undefined) return undefined;
    const read = readSecret(entry, world.development, sources);
    if ('mistake' in read) throw new WorldMistakes('The world file', [formatMistake(read.mistake)]);
    return read.text;
  };
}

function fetchSecret(
  secret: { env: string } | { file: string },
  sources: SecretSources,
): string | { sentence: string } {
  if ('env' in secret)
    return sources.env[secret.env] ?? { sentence: `the environment variable ${secret.env} is not set.` };
  try {
    return sources.readFile(secret.file).trim();
  } catch {
    return { sentence: `the file ${secret.file} cannot be read.` };
  }
}
