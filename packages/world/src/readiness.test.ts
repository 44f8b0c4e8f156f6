import { describe, expect, test } from 'vitest';
import { readWorld } from './load-world.ts';
import { checkForProduction, checkKeys, type Surroundings } from './readiness.ts';

const world = (development: boolean, keyFile?: string) =>
  readWorld(
    `{ development: ${development}, idp: { issuer: "https://idp.example", listen: "127.0.0.1:4701", database: ./x.db${keyFile === undefined ? '' : `, keyFile: ${keyFile}`} } }`,
    'w.yaml',
  );
const around = (env: Record<string, string>, modes: Record<string, number> = {}): Surroundings => ({
  env,
  fileMode: (path) => modes[path],
});

describe('an encryption key', () => {
  test('that is nowhere is one sentence with both ways out', () => {
    expect(checkKeys(world(false), ['idp'], around({}))).toEqual([
      'idp.keyFile: is missing, and CROSSGRANT_IDP_KEY is not set. Name a file, or set the variable to the output of "openssl rand -base64 32".',
    ]);
    expect(checkKeys(world(false), ['idp'], around({ CROSSGRANT_IDP_KEY: 'x' }))).toEqual([]);
  });

  test('is never made in production, and made at the first start in development', () => {
    expect(checkKeys(world(false, './k'), ['idp'], around({}))[0]).toMatch(
      /^idp\.keyFile: there is no file \.\/k\. Make it with /,
    );
    expect(checkKeys(world(true, './k'), ['idp'], around({}))).toEqual([]);
  });

  test('that others can read is refused', () => {
    expect(checkKeys(world(false, './k'), ['idp'], around({}, { './k': 0o100644 }))).toEqual([
      'idp.keyFile: others can read ./k. Close it with "chmod 600 ./k".',
    ]);
    expect(checkKeys(world(false, './k'), ['idp'], around({}, { './k': 0o100600 }))).toEqual([]);
  });
});

test('what production would refuse is told for a development world', () => {
  const sample = readWorld(
    '{ development: true, idp: { issuer: "http://127.0.0.1:1", listen: "127.0.0.1:1", database: ./x.db } }',
    'w.yaml',
  );
  expect(checkForProduction(sample)).toEqual([
    'idp.issuer: must start with https://; http works on loopback only, with development: true.',
  ]);
});
