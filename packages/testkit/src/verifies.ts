import { test } from 'vitest';
import { findRule } from '../../../spec/rule.ts';

/**
 * Registers a test that proves requirements, attacks or lessons; their ids lead the test's name.
 *
 * An id that the catalogue does not know, or that it declines or defers, is misuse: the test would claim what the
 * catalogue says is not promised. `npm run mutants` selects tests by these ids.
 */
export function verifies(
  ids: string | readonly string[],
  sentence: string,
  body: () => void | Promise<void>,
  timeoutMilliseconds?: number,
): void {
  const named = typeof ids === 'string' ? [ids] : ids;
  if (named.length === 0) throw new Error(`verifies: no id given for "${sentence}"`);
  for (const id of named) {
    const rule = findRule(id);
    if (rule === undefined) throw new Error(`verifies: ${id} is not in the catalogue under spec/`);
    if (!rule.isActive) throw new Error(`verifies: ${id} is ${rule.reason}`);
  }
  test(`${named.join(' ')} ${sentence}`, body, timeoutMilliseconds);
}
