import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reachableFrom, readProductionSources, readSources, resolveFrom, root } from './sources.ts';

/** Each package with the packages it may import. What is absent here is forbidden. */
const layers: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  platform: ['protocol'],
  identity: ['platform', 'protocol'],
  idp: ['identity', 'platform', 'protocol'],
  resource: ['platform', 'protocol'],
  authserver: ['resource', 'identity', 'platform', 'protocol'],
  client: ['protocol'],
  world: ['idp', 'authserver', 'client', 'resource', 'platform', 'protocol'],
  cli: ['world'],
  testkit: ['world', 'idp', 'authserver', 'client', 'resource', 'identity', 'platform', 'protocol'],
};

test('packages import one another in one direction only', () => {
  const violations = readProductionSources().flatMap((file) =>
    file.imports
      .map(({ specifier, line }) => ({ target: /^@crossgrant\/([^/]+)/.exec(specifier)?.[1], line }))
      .filter(({ target }) => target !== undefined && target !== file.home && !layers[file.home]?.includes(target))
      .map(({ target, line }) => `${file.path}:${line} imports ${target}`),
  );
  expect(violations).toEqual([]);
});

test('every package has its place in the layer map', () => {
  const homes = new Set(readSources().map((file) => file.home));
  expect([...homes].filter((home) => layers[home] === undefined)).toEqual([]);
});

test('no import leaves its package by a relative path, and each one names an existing file with its extension', () => {
  const violations = readProductionSources().flatMap((file) =>
    file.imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, line }) => ({ line, target: resolveFrom(file.path, specifier) }))
      .filter(({ target }) => !target.startsWith(`packages/${file.home}/`) || !existsSync(join(root, target)))
      .map(({ target, line }) => `${file.path}:${line} → ${target}`),
  );
  expect(violations).toEqual([]);
});

test('shipped code imports no test kit and no test', () => {
  const violations = readProductionSources().flatMap((file) =>
    file.imports
      .filter(({ specifier }) => /^(vitest|fast-check|@crossgrant\/testkit)|\.test\.ts$/.test(specifier))
      .filter(() => file.path !== 'packages/resource/src/store/contract.ts')
      .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`),
  );
  expect(violations).toEqual([]);
});

test('shipped code imports only what its package declares', () => {
  const declared = new Map<string, Set<string>>();
  const declaredBy = (home: string): Set<string> => {
    const known = declared.get(home);
    if (known !== undefined) return known;
    const manifest = JSON.parse(readFileSync(join(root, 'packages', home, 'package.json'), 'utf8'));
    const names = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
    declared.set(home, names);
    return names;
  };
  const violations = readProductionSources().flatMap((file) =>
    file.imports
      .filter(({ specifier }) => !/^(\.|node:)/.test(specifier))
      .map(({ specifier, line }) => ({ name: /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)![1]!, line }))
      .filter(({ name }) => name !== `@crossgrant/${file.home}` && !declaredBy(file.home).has(name))
      .map(({ name, line }) => `${file.path}:${line} imports ${name}`),
  );
  expect(violations).toEqual([]);
});

test('the main entries of protocol and client run without Node', () => {
  const sources = readProductionSources();
  const entries = [
    'packages/protocol/src/index.ts',
    'packages/client/src/index.ts',
    'packages/client/src/mcp/index.ts',
  ];
  const violations = entries.flatMap((entry) =>
    reachableFrom(entry, sources, 'values').flatMap((file) =>
      file.imports
        .filter(({ specifier, isTypeOnly }) => !isTypeOnly && /^(node:|@crossgrant\/protocol\/jws)/.test(specifier))
        .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`),
    ),
  );
  expect(violations).toEqual([]);
});

test('no two files of one package import each other in a circle, not even for types', () => {
  const sources = readProductionSources();
  const circles = sources.flatMap((file) =>
    file.imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => resolveFrom(file.path, specifier))
      .filter((target) => reachableFrom(target, sources, 'values and types').some((other) => other.path === file.path))
      .map((target) => `${file.path} ⇄ ${target}`),
  );
  expect(circles).toEqual([]);
});
