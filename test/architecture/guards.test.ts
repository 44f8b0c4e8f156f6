import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { codeOf, reachableFrom, readProductionSources, type SourceFile } from './sources.ts';

const sources = readProductionSources();
const servers = ['platform', 'identity', 'idp', 'resource', 'authserver'];
const serverSources = sources.filter((file) => servers.includes(file.home));

verifies(['LES-34', 'ATK-04'], 'no symmetric cryptography is reachable from the verifier', () => {
  const reachable = reachableFrom('packages/protocol/src/jws/verify.ts', sources, 'values');
  expect(reachable.map((file) => file.path)).toContain('packages/protocol/src/jws/verify.ts');
  expect(hits(reachable, /\b(createHmac|hmac|createSecretKey|HS256|HS384|HS512)\b/i)).toEqual([]);
});

verifies(['LES-40', 'ATK-16'], 'servers reach other hosts through the guarded fetch alone', () => {
  const outside = serverSources.filter((file) => !file.path.startsWith('packages/platform/src/outbound/'));
  const clients = /from '(undici|node:https|axios|got)'|\b(globalThis|window)\.fetch\b|\bnew (WebSocket|EventSource)\b/;
  expect(hits(outside, clients)).toEqual([]);
  expect(
    hits(outside, /\b(httpRequest|http\.(get|request)|import \{[^}]*\b(get|request)\b[^}]*\} from 'node:http')/),
  ).toEqual([]);

  const calls = outside.filter((file) => /(?<![.\w])fetch\(/.test(codeOf(file)));
  expect(calls.filter((file) => !/\bGuardedFetch\b/.test(file.text)).map((file) => file.path)).toEqual([]);
});

verifies('LES-43', 'no agent follows redirects or answers from a cache', () => {
  expect(hits(serverSources, /\binterceptors\.(redirect|cache)\b|\bRedirectHandler\b|redirect: 'follow'/)).toEqual([]);
});

verifies('LES-66', 'no statement is put together from text', () => {
  const raw = hits(
    serverSources.map(withoutConstants),
    /\bsql\.(raw|lit)\b|\.key\(|\.at\(\s*[a-z]\w*\s*\)\s*\.(as|key)/,
  );
  expect(raw.filter((hit) => !hit.startsWith('packages/platform/src/'))).toEqual([]);
  const platform = raw.filter((hit) => !/^packages\/platform\/src\/(database|commit|audit)\//.test(hit));
  expect(platform.filter((hit) => hit.startsWith('packages/platform/src/'))).toEqual([]);
});

verifies('LES-38', 'each query on a table of tenants names the tenant', () => {
  const tables = [
    'users',
    'login_identifiers',
    'groups',
    'client_apps',
    'resource_apps',
    'connections',
    'rules',
    'issuances',
  ];
  const start = new RegExp(`\\.(selectFrom|updateTable|deleteFrom)\\(\\s*['"](${tables.join('|')})['"]`, 'g');
  const unscoped = serverSources
    .filter((file) => ['identity', 'idp'].includes(file.home))
    .flatMap((file) => {
      const code = codeOf(file);
      return [...code.matchAll(start)]
        .filter((match) => !/tenant/i.test(statementAround(code, match.index)))
        .map((match) => `${file.path}:${code.slice(0, match.index).split('\n').length} ${match[0]}`);
    });
  expect(unscoped).toEqual([]);
});

verifies('LES-68', 'no server sends credentialed cross-origin headers', () => {
  expect(hits(serverSources, /access-control-allow-credentials/i)).toEqual([]);
});

verifies('LES-50', 'no code switches certificate checks off', () => {
  expect(hits(sources, /rejectUnauthorized\s*:\s*false|NODE_TLS_REJECT_UNAUTHORIZED\s*=/)).toEqual([]);
});

verifies('LES-98', 'regular expressions are made once from constants, never inside a function', () => {
  expect(hits(sources, /^\s+.*\bnew RegExp\(/)).toEqual([]);
});

/** A number that stands at the top of the same file may be a literal in a statement. */
function withoutConstants(file: SourceFile): SourceFile {
  const constants = [...file.text.matchAll(/^(?:export )?const (\w+)(?:: number)? = [\d_]+;/gm)].map(
    ([, name]) => name!,
  );
  const text = constants.reduce((code, name) => code.replaceAll(`sql.lit(${name})`, name), file.text);
  return { ...file, text };
}

/** From the last blank line or statement end before the position to the end of the statement. */
function statementAround(code: string, index: number): string {
  const before = Math.max(code.lastIndexOf(';', index), code.lastIndexOf('\n\n', index), 0);
  const after = code.indexOf(';', index);
  return code.slice(before, after === -1 ? undefined : after);
}

function hits(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    codeOf(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
  );
}
