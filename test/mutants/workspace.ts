import { cp, mkdir, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const copied = [
  'packages',
  'test',
  'spec',
  'docs',
  'worlds',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.ts',
];
const linked = ['.cache'];
const skipped = new Set(['node_modules', 'dist', 'data']);

/**
 * Copies the repository to a folder where files may be broken at will, child processes included.
 * Dependencies are links to the installed ones; only the links between the project's own packages point into the copy.
 */
export async function copyWorkspace(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const name of copied) {
    await cp(join(root, name), join(target, name), {
      recursive: true,
      filter: (source) => !skipped.has(basename(source)),
    }).catch(ignoreAbsent);
  }
  for (const name of linked) await symlink(join(root, name), join(target, name)).catch(ignoreAbsent);
  await linkDependencies(join(root, 'node_modules'), join(target, 'node_modules'));
  for (const name of await readdir(join(root, 'packages'))) {
    const nested = join(root, 'packages', name, 'node_modules');
    await symlink(nested, join(target, 'packages', name, 'node_modules')).catch(ignoreAbsent);
  }
}

export async function removeWorkspace(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
}

async function linkDependencies(from: string, to: string): Promise<void> {
  await mkdir(join(to, '@crossgrant'), { recursive: true });
  for (const name of await readdir(from)) {
    if (name === '@crossgrant' || name.startsWith('.vite')) continue;
    await symlink(join(from, name), join(to, name));
  }
  for (const name of await readdir(join(from, '@crossgrant'))) {
    const own = relative(root, await realpath(join(from, '@crossgrant', name)));
    await symlink(join('..', '..', own), join(to, '@crossgrant', name));
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
}
