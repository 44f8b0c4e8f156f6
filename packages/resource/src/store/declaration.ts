import { takeStatedState } from '@crossgrant/platform';
import type { AccountDeclaration } from './resource-store.ts';
import type { AccountRow } from './schema.ts';

/** The part of an account that a declaration decides, beside what the one before it said. */
export type DeclaredColumns = Pick<AccountRow, 'state' | 'stated_state' | 'scopes' | 'stated_scopes'>;

/**
 * What the account becomes. State and ceiling count where they differ from the declaration before: one that is repeated at
 * every start undoes no command, and a ceiling it no longer names is lifted.
 */
export function takeDeclaration(row: DeclaredColumns | undefined, declared: AccountDeclaration): DeclaredColumns {
  const stated = declared.scopes === undefined ? null : JSON.stringify(declared.scopes);
  const isRepeated = row !== undefined && row.stated_scopes === stated;
  return {
    ...takeStatedState(row, declared.state, 'active'), // LES-20, ADM-02
    scopes: isRepeated ? row.scopes : stated,
    stated_scopes: stated,
  };
}

/** Whether the declaration would leave the account as it is. */
export function isDeclared(row: DeclaredColumns | undefined, declared: AccountDeclaration): boolean {
  if (row === undefined) return false;
  const next = takeDeclaration(row, declared);
  return (['state', 'stated_state', 'scopes', 'stated_scopes'] as const).every(
    (column) => next[column] === row[column],
  );
}
