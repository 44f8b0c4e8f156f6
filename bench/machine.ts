import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { canPin } from './contender-process.ts';
import { twoPlaces } from './statistics.ts';

/** What a reader must know to compare: the kind of machine and the versions, never a name. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly isPinned: boolean;
  /** Processes that wanted a core before the run began: with one or more, absolute figures mean little. */
  readonly busyBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

const compared = ['oidc-provider', '@cloudflare/workers-oauth-provider', 'jose'];

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    isPinned: canPin,
    busyBefore: twoPlaces(loadavg()[0] ?? 0),
    versions: {
      node: process.versions.node,
      sqlite: process.versions.sqlite ?? '',
      openssl: process.versions.openssl,
      ...Object.fromEntries(compared.map((name) => [name, installedVersion(name)])),
    },
  };
}

function installedVersion(name: string): string {
  const manifest = join(import.meta.dirname, '..', 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
