import type { KeyDesk, KeyFacts } from '@crossgrant/platform';
import { instant, optionalInstant } from '../domain/instant.ts';

/** A signing key as others see it; nothing private. */
export interface KeyView {
  readonly kid: string;
  readonly purpose: string;
  readonly alg: string;
  readonly phase: 'published' | 'active' | 'retiring' | 'gone' | 'revoked';
  readonly createdAt: string;
  readonly signsFrom: string;
  readonly goneAt: string | null;
}

/** All keys of the tenant, ended ones included. */
export async function listKeyViews(keys: KeyDesk): Promise<readonly KeyView[]> {
  return (await keys.list()).map(viewKey);
}

export async function findKeyView(keys: KeyDesk, kid: string): Promise<KeyView | undefined> {
  return (await listKeyViews(keys)).find((key) => key.kid === kid);
}

export function viewKey(facts: KeyFacts): KeyView {
  return {
    kid: facts.kid,
    purpose: facts.purpose,
    alg: facts.alg,
    phase: facts.phase,
    createdAt: instant(facts.createdAt),
    signsFrom: instant(facts.signsFrom),
    goneAt: optionalInstant(facts.goneAt ?? null),
  };
}
