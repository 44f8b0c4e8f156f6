import { test } from 'vitest';

/** Registers a test that proves one requirement, attack or lesson; the id leads the test's name. */
export function verifies(ids: string | readonly string[], sentence: string, body: () => void | Promise<void>): void {
  const named = typeof ids === 'string' ? [ids] : ids;
  test(`${named.join(' ')} ${sentence}`, body);
}
