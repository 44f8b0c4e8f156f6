import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { describe, expect, test } from 'vitest';
import { defaultText, mistakesAfter, mistakesOf, root } from '../test/edited-world.ts';
import { loadWorld } from './load-world.ts';

test('the default world loads', () => {
  const world = loadWorld(join(root, 'worlds/default.yaml'));
  expect(world.idp?.people.map((person) => person.username)).toEqual(['alice', 'bob', 'carol']);
  expect(world.policy?.connections[0]?.lifetimeSeconds).toBe(300);
});

test('every whole example of docs/world-file.md loads', () => {
  const page = readFileSync(join(root, 'docs/world-file.md'), 'utf8');
  const examples = [...page.matchAll(/```yaml\n(# yaml-language-server[\s\S]*?)```/g)].map(([, text]) => text ?? '');
  expect(examples).toHaveLength(3);
  for (const example of examples) expect(mistakesOf(example)).toEqual([]);
});

test('a file that is not there is one sentence', () => {
  expect(() => loadWorld('/nowhere/world.yaml')).toThrow(
    '/nowhere/world.yaml has 1 mistake:\n  There is no file /nowhere/world.yaml, or it cannot be read.',
  );
});

test('all mistakes of a stage come at once', () => {
  const text = defaultText.replace('name: Alice Ng', 'nme: Alice').replace('risk: write', 'risk: wriet');
  expect(mistakesOf(text)).toHaveLength(2);
});

describe('LES-98', () => {
  verifies('LES-98', 'merge keys, tags, keys twice and unusual keys are sentences with the path', () => {
    expect(mistakesAfter('tags: [trusted]', '<<: {__proto__: x}')).toEqual([
      'policy.clientApps[0].<<: merge keys are not read; write the fields out.',
    ]);
    expect(mistakesAfter('chat.send: {', 'constructor: {')).toEqual([
      'policy.resourceApps[0].resources[0].scopes.constructor: this key is not allowed.',
    ]);
    expect(mistakesAfter('tags: [trusted]', '__proto__: { state: active }')).toEqual([
      'policy.clientApps[0].__proto__: this key is not allowed.',
    ]);
    expect(mistakesAfter('open: true', 'open: !!bool true')).toEqual([
      expect.stringMatching(/^mcpServer\.open: the tag tag:yaml\.org,2002:bool is not read; write the plain value\.$/),
    ]);
    expect(mistakesAfter('reuse: refuse', 'reuse: refuse\n      reuse: allow')).toEqual([
      expect.stringMatching(/^authserver\.trustedIssuers\[0\]\.reuse: given twice, again on line \d+\.$/),
    ]);
    expect(mistakesAfter('tags: [trusted]', '7: x')).toEqual([
      'policy.clientApps[0]: the key 7 must be a text; put it in quotes.',
    ]);
  });

  verifies('LES-98', 'a bomb of aliases is one sentence, and quick', () => {
    const levels = Array.from(
      { length: 10 },
      (_, level) =>
        `l${level + 1}: &l${level + 1} [${Array(10)
          .fill(level === 0 ? 'x' : `*l${level}`)
          .join(', ')}]`,
    );
    const started = performance.now();
    expect(mistakesOf(levels.join('\n'))).toEqual([
      expect.stringMatching(/^l\d+[\d[\]]*: more than 100 aliases are followed in this file\.$/),
    ]);
    expect(performance.now() - started).toBeLessThan(500);
  });

  verifies('LES-98', 'a huge file, deep nesting and broken YAML are sentences', () => {
    expect(mistakesOf(`a: ${'x'.repeat(1_000_001)}`)).toEqual(['The file is larger than 1000 kB.']);
    expect(mistakesOf(`a: ${'['.repeat(40)}${']'.repeat(40)}`)[0]).toMatch(/nested deeper than 32 levels\.$/);
    expect(mistakesOf('idp: [')[0]).toMatch(/^Line 1, column \d+: /);
    expect(mistakesOf('')).toEqual(['must be a map of fields, not empty.']);
  });
});

verifies(
  ['LES-02', 'LES-97'],
  'development stays on loopback, recognised by its address and never by a part of its text',
  () => {
    for (const host of [
      '0.0.0.0',
      '0',
      '0x0',
      '[::]',
      '[::ffff:0.0.0.0]',
      '192.168.1.2',
      '127.0.0.1.nip.io',
      'evil-localhost.example',
    ]) {
      expect(mistakesAfter('listen: 127.0.0.1:4701', `listen: "${host}:4701"`)).toEqual([
        `idp.listen: ${host} is reachable by others; with development: true listen on 127.0.0.1.`,
      ]);
    }
    for (const host of ['127.0.0.1.nip.io', 'evil-localhost.example', '0.0.0.0']) {
      expect(mistakesAfter('issuer: http://127.0.0.1:4701', `issuer: http://${host}:4701`)).toContain(
        'idp.issuer: must start with https://; http works on 127.0.0.1, [::1] and localhost only.',
      );
    }
    expect(mistakesAfter('listen: 127.0.0.1:4701', 'listen: "[::1]:4701"')).toEqual([]);
  },
);

test('production refuses http issuers and literal secrets, each with its path', () => {
  const sentences = mistakesAfter('development: true', 'development: false');
  expect(sentences).toContain(
    'idp.issuer: must start with https://; http works on loopback only, with development: true.',
  );
  expect(sentences).toContain(
    'policy.clientApps[0].auth.secret: a literal secret works with development: true only; use { env: NAME } or { file: PATH }.',
  );
  expect(sentences).toContain(
    'idp.people[0].password: a literal secret works with development: true only; use { env: NAME } or { file: PATH }.',
  );
});

test('production takes a database URL with a password from outside the file only', () => {
  const page = readFileSync(join(root, 'docs/world-file.md'), 'utf8');
  const example = /```yaml\n(# yaml-language-server[^`]*\nidp:[\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(mistakesOf(example.replace('database: ./data/idp.db', 'database: postgres://crossgrant@db/idp'))).toEqual([]);
  expect(mistakesOf(example.replace('database: ./data/idp.db', 'database: postgres://crossgrant:pw@db/idp'))).toEqual([
    'idp.database: a literal secret works with development: true only; use { env: NAME } or { file: PATH }.',
  ]);
});

verifies('LES-70', 'in production an admin API that others reach names the https URL in front of it', () => {
  const withAdmin = (admin: string): readonly string[] =>
    mistakesOf(`idp:
  issuer: https://idp.acme.example
  listen: 0.0.0.0:4701
  database: ./idp.db
  keyFile: ./idp.key
  admin: ${admin}
`);
  expect(withAdmin('{}')).toEqual([]);
  expect(withAdmin('{ listen: 127.0.0.1:4711 }')).toEqual([]);
  expect(withAdmin('{ listen: 0.0.0.0:4711, url: https://admin.acme.example }')).toEqual([]);
  expect(withAdmin('{ listen: 0.0.0.0:4711 }')).toEqual([
    'idp.admin.url: is missing: idp.admin.listen is reachable by others. Name the https URL in front of it, or listen on 127.0.0.1.',
  ]);
  expect(withAdmin('{ url: http://admin.acme.example }')).toEqual([
    'idp.admin.url: must start with https://; http works on loopback only, with development: true.',
  ]);
});
