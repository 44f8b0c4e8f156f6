import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { root } from './sources.ts';

interface LockFile {
  readonly packages: Readonly<
    Record<
      string,
      { hasInstallScript?: boolean; resolved?: string; link?: boolean; integrity?: string; version?: string }
    >
  >;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8'));
const manifest = readJson<{ allowScripts: Record<string, boolean>; workspaces: string[] }>('package.json');
const lock = readJson<LockFile>('package-lock.json');
const foreign = Object.entries(lock.packages).filter(([path, entry]) => path.includes('node_modules/') && !entry.link);

verifies('LES-96', 'only packages on the allow-list may run code at installation', () => {
  const withScripts = foreign
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([path]) => path.split('node_modules/').at(-1)!);
  expect(withScripts.filter((name) => manifest.allowScripts[name] !== true)).toEqual([]);
});

verifies('LES-96', 'every locked package has its hash, and comes from the public registry if it names a place', () => {
  expect(foreign.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path)).toEqual([]);
  const places = foreign.map(([, entry]) => entry.resolved).filter((url) => url !== undefined);
  expect(places.filter((url) => !url.startsWith('https://registry.npmjs.org/'))).toEqual([]);
});

verifies('LES-96', 'dependencies are pinned to exact versions', () => {
  const manifests = ['package.json', ...globSync('packages/*/package.json', { cwd: root })];
  const loose = manifests.flatMap((path) => {
    const { dependencies, devDependencies } = readJson<Record<string, Record<string, string>>>(path);
    return Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${path}: ${name} ${version}`);
  });
  expect(loose).toEqual([]);
});

verifies('LES-95', 'no workflow lets an untrusted job feed a trusted one', () => {
  const workflows = globSync('.github/workflows/*.{yml,yaml}', { cwd: root });
  const bad = workflows.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const publishes = /id-token:\s*write|npm publish/.test(text);
    return [
      ...(/pull_request_target/.test(text) ? [`${path}: pull_request_target`] : []),
      ...(publishes && /actions\/cache|cache:\s/.test(text) ? [`${path}: a release restores a cache`] : []),
      ...(publishes && !/tags:/.test(text) ? [`${path}: a release that no tag starts`] : []),
      ...(publishes && !/environment:/.test(text) ? [`${path}: a release without approval`] : []),
    ];
  });
  expect(bad).toEqual([]);
});

test('all packages share one version, and no published one depends on a private one', () => {
  const packages = globSync('packages/*/package.json', { cwd: root }).map((path) =>
    readJson<{ name: string; version: string; private?: boolean; dependencies?: Record<string, string> }>(path),
  );
  expect(new Set(packages.map((each) => each.version)).size).toBe(1);
  const hidden = new Set(packages.filter((each) => each.private).map((each) => each.name));
  const leaks = packages
    .filter((each) => !each.private)
    .flatMap((each) => Object.keys(each.dependencies ?? {}).map((dependency) => `${each.name} → ${dependency}`))
    .filter((edge) => hidden.has(edge.split(' → ')[1]!));
  expect(leaks).toEqual([]);
});

test('every export of a package names an existing file', () => {
  const missing = globSync('packages/*/package.json', { cwd: root }).flatMap((path) => {
    const { exports } = readJson<{ exports: Record<string, Record<string, string>> }>(path);
    return Object.values(exports)
      .map((entry) => join(path, '..', entry['@crossgrant/source']!))
      .filter((file) => !existsSync(join(root, file)));
  });
  expect(missing).toEqual([]);
});

test('every dependency has its line in docs/dependencies.md', () => {
  const document = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
  const names = ['package.json', ...globSync('packages/*/package.json', { cwd: root })].flatMap((path) => {
    const { dependencies, devDependencies } = readJson<Record<string, Record<string, string>>>(path);
    return Object.keys({ ...dependencies, ...devDependencies });
  });
  const wanted = new Set(names.filter((name) => !name.startsWith('@crossgrant/')));
  expect([...wanted].filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
});
