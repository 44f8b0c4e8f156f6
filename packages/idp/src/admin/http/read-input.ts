import { isJsonMediaType, type PlainRequest, parseStrictJson } from '@crossgrant/protocol';
import type { z } from '@hono/zod-openapi';
import { type FieldMistake, invalid, type Outcome, problem } from '../domain/problem.ts';
import type { AdminRoute } from './route.ts';

/** What a request brings to a route, checked. */
export interface Input {
  readonly query: unknown;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
}

/** Reads query, body and precondition once. What the route does not know is refused, never ignored. */
export function readInput(route: AdminRoute, request: PlainRequest): Outcome<Input> {
  const query = readQuery(route.query, request.query);
  if (!query.ok) return query;
  const body = readBody(route.body, request);
  if (!body.ok) return body;
  const ifMatch = readIfMatch(route, request);
  if (!ifMatch.ok) return ifMatch;
  return { ok: true, value: { query: query.value, body: body.value, ifMatch: ifMatch.value } };
}

function readQuery(schema: z.ZodType, text: string): Outcome<unknown> {
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in values) return invalid(name, 'is given twice.'); // ATK-46
    values[name] = value;
  }
  return check(schema, { ...values });
}

function readBody(schema: z.ZodType | undefined, request: PlainRequest): Outcome<unknown> {
  if (schema === undefined)
    return request.body === '' ? { ok: true, value: undefined } : invalid('', 'This request has no body.');
  if (request.body === '') return check(schema, {});
  if (!isJsonMediaType(request.headers).ok) return problem('admin/media-type');
  const parsed = parseStrictJson(request.body);
  if (!parsed.ok) return invalid('', jsonSentences[parsed.refusal.problem]);
  return check(schema, parsed.value);
}

const jsonSentences = {
  syntax: 'The body is not JSON.',
  depth: 'The body nests too deeply.',
  'duplicate-member': 'The body holds a member twice.',
  'forbidden-member': 'The body holds a member that no object may have.',
  number: 'The body holds a number that cannot be kept exactly.',
} as const;

function readIfMatch(route: AdminRoute, { headers }: PlainRequest): Outcome<string | undefined> {
  const sent = headers.all('if-match');
  if (route.ifMatch === undefined || (sent.length === 0 && route.ifMatch === 'optional'))
    return { ok: true, value: undefined };
  if (sent.length === 0) return problem('admin/precondition-required');
  return sent.length === 1 && sent[0] !== undefined && /^"[!#-~]{1,64}"$/.test(sent[0])
    ? { ok: true, value: sent[0] }
    : problem('admin/precondition-failed');
}

function check(schema: z.ZodType, value: unknown): Outcome<unknown> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return problem('admin/invalid', { errors: parsed.error.issues.flatMap(mistakesOf).slice(0, 50) });
}

function mistakesOf(issue: z.core.$ZodIssue): readonly FieldMistake[] {
  const path = issue.path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      sentence: 'is no field of this request.',
    }));
  return [{ path: path.slice(0, 200), sentence: issue.message }];
}
