import { readFileSync } from 'node:fs';
import { checkDeployment } from './deployment.ts';
import { formatMistake, WorldMistakes } from './mistakes.ts';
import { type Mistake, readYaml } from './read-yaml.ts';
import { checkReferences } from './references.ts';
import { parseWorld } from './schema/mistakes-of-schema.ts';
import type { World } from './schema/world.ts';

/** Reads and checks a world file. Throws one `WorldMistakes` that holds a sentence for every mistake. */
export function loadWorld(file: string): World {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new WorldMistakes(file, [`There is no file ${file}, or it cannot be read.`]);
  }
  return readWorld(text, file);
}

/** The same for the text of a world file; `name` leads the message. */
export function readWorld(text: string, name: string): World {
  const { value, mistakes } = readYaml(text);
  refuse(name, mistakes);
  const parsed = parseWorld(value);
  refuse(name, parsed.mistakes);
  const world = parsed.world as World;
  refuse(name, [...checkReferences(world), ...checkDeployment(world)]);
  return world;
}

function refuse(name: string, mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0) throw new WorldMistakes(name, mistakes.map(formatMistake));
}
