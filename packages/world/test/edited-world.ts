import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readWorld } from '../src/load-world.ts';
import { WorldMistakes } from '../src/mistakes.ts';

export const root: string = join(import.meta.dirname, '..', '..', '..');

/** The default world without its comments. */
export const defaultText: string = readFileSync(join(root, 'worlds/default.yaml'), 'utf8').replace(/^#.*\n/gm, '');

/** The sentences for the default world after one edit; none when it still loads. */
export function mistakesAfter(find: string | RegExp, replacement: string): readonly string[] {
  const edited = defaultText.replace(find, replacement);
  if (edited === defaultText) throw new Error(`The default world has no ${find}`);
  return mistakesOf(edited);
}

export function mistakesOf(text: string): readonly string[] {
  try {
    readWorld(text, 'test.yaml');
    return [];
  } catch (error) {
    if (error instanceof WorldMistakes) return error.sentences;
    throw error;
  }
}
