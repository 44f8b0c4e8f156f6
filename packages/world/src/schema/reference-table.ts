import { worldJsonSchema } from './json-schema.ts';

interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Record<string, JsonSchema>;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Record<string, JsonSchema>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

/** The reference of docs/world-file.md: one Markdown table for each part of the schema that has fields. */
export function worldReference(): string {
  const root = worldJsonSchema() as JsonSchema;
  const parts = Object.entries(root.$defs ?? {}).filter(([, part]) => part.properties !== undefined);
  return [
    section('World file', { ...root, description: 'The whole file.' }),
    ...parts.map(([name, part]) => section(name, part)),
  ].join('\n\n');
}

function section(name: string, schema: JsonSchema): string {
  const rows = fieldRows('', schema);
  return [
    `### ${name}`,
    '',
    schema.description ?? '',
    '',
    '| Field | Value | Default | Meaning |',
    '|---|---|---|---|',
    ...rows,
  ]
    .join('\n')
    .replace('\n\n\n', '\n\n');
}

function fieldRows(prefix: string, schema: JsonSchema): string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const inner = inlineFields(field);
    const row = [
      `\`${prefix}${name}\``,
      valueText(field),
      defaultText(field, required.has(name)),
      field.description ?? '',
    ];
    return [
      `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
      ...(inner === undefined ? [] : fieldRows(`${prefix}${name}${inner.suffix}.`, inner.schema)),
    ];
  });
}

/** Fields of an object that has no name of its own in the schema are listed under the field that holds it. */
function inlineFields(field: JsonSchema): { suffix: string; schema: JsonSchema } | undefined {
  if (field.properties !== undefined) return { suffix: '', schema: field };
  if (field.items?.properties !== undefined) return { suffix: '[]', schema: field.items };
  const values = field.additionalProperties;
  if (typeof values === 'object' && values.properties !== undefined) return { suffix: '.NAME', schema: values };
  const options = (field.anyOf ?? []).filter(
    (option) => option.properties !== undefined && Object.keys(option.properties).length > 1,
  );
  return options[0] === undefined ? undefined : { suffix: '', schema: options[0] };
}

function defaultText(field: JsonSchema, isRequired: boolean): string {
  if (field.default !== undefined) return `\`${JSON.stringify(field.default)}\``;
  return isRequired ? '**required**' : '';
}

function valueText(field: JsonSchema): string {
  if (field.$ref !== undefined) return reference(field.$ref);
  if (field.const !== undefined) return `\`${String(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(valueText))].join(' or ');
  if (field.type === 'array') return `list of ${field.items === undefined ? 'values' : valueText(field.items)}`;
  if (field.properties !== undefined) return `{ ${Object.keys(field.properties).join(', ')} }`;
  if (field.type === 'object')
    return typeof field.additionalProperties === 'object' ? `map of ${valueText(field.additionalProperties)}` : 'map';
  const names: Record<string, string> = { string: 'text', integer: 'whole number', boolean: '`true` or `false`' };
  return names[field.type ?? ''] ?? field.type ?? 'any value';
}

function reference(ref: string): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  return name.startsWith('__') ? 'any value' : `[${name}](#${name.toLowerCase()})`;
}
