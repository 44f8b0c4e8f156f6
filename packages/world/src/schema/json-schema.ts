import { z } from 'zod';
import { worldSchema } from './world.ts';

/** The JSON Schema of a world file, for editors. Cross references and deployment rules are checked at loading only. */
export function worldJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(worldSchema, { io: 'input', unrepresentable: 'any' });
  return { ...schema, title: 'Crossgrant world file' };
}

/** The text of the committed `world.schema.json`. */
export function worldJsonSchemaText(): string {
  return `${JSON.stringify(worldJsonSchema(), null, 2)}\n`;
}
