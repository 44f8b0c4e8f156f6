import { isScopeToken, union, unique } from '@crossgrant/protocol';

export interface ScopeSources {
  /** What the application asks for itself. */
  readonly asked?: readonly string[];
  /** What the challenge of the resource named. */
  readonly challenged?: readonly string[];
  /** What the resource turned out to need in earlier calls. */
  readonly needed?: readonly string[];
  /** What the metadata of the resource lists. */
  readonly supported?: readonly string[];
}

/**
 * The scopes to ask for: the application's own choice, else what the challenge named, else what the metadata lists,
 * else none. Scopes that earlier calls needed are added to the first two.
 *
 * MCP 2026-07-28 authorization, scope selection.
 */
export function chooseScopes(sources: ScopeSources): readonly string[] | undefined {
  const chosen = nonEmpty(sources.asked) ?? nonEmpty(sources.challenged); // MCP-12
  if (chosen !== undefined) return union(chosen, sources.needed ?? []);
  return nonEmpty(sources.needed) ?? nonEmpty(sources.supported); // MCP-12
}

/** What was asked and not granted, and what was granted and not asked. */
export interface ScopeDifference {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

export function compareScopes(
  asked: readonly string[] | undefined,
  granted: readonly string[] | undefined,
): ScopeDifference {
  if (asked === undefined || granted === undefined) return { missing: [], extra: [] };
  return {
    missing: asked.filter((scope) => !granted.includes(scope)), // CLI-08
    extra: granted.filter((scope) => !asked.includes(scope)), // CLI-08
  };
}

function nonEmpty(scopes: readonly string[] | undefined): readonly string[] | undefined {
  const usable = scopes?.filter(isScopeToken);
  return usable === undefined || usable.length === 0 ? undefined : unique(usable);
}
