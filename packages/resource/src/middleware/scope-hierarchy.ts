import { type ScopeSet, unique } from '@crossgrant/protocol';

/** Which scopes a scope includes: `{ 'chat.write': ['chat.read'] }`. */
export type ScopeHierarchy = Readonly<Record<string, readonly string[]>>;

/**
 * Adds to a scope set whatever its members imply, directly or through others. Without a hierarchy nothing implies anything;
 * names that only look related never do.
 *
 * MCP 2026-07-28 authorization (scope challenges).
 */
export function scopeReach(hierarchy: ScopeHierarchy): (scope: ScopeSet) => ScopeSet {
  const implied = new Map(Object.entries(hierarchy));
  if (implied.size === 0) return (scope) => scope;

  return function reach(scope) {
    const reached = [...scope];
    for (const token of reached) {
      for (const next of implied.get(token) ?? []) if (!reached.includes(next)) reached.push(next);
    }
    return unique(reached);
  };
}
