import { z } from '@hono/zod-openapi';
import type { Act, AdminDeps } from '../commands/change-object.ts';
import type { Scope } from '../domain/admin.ts';
import { etagOf } from '../domain/etag.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { type Outcome, problem } from '../domain/problem.ts';
import type { Right } from '../domain/roles.ts';
import { type KeyType, readCursor, writeCursor } from './cursor.ts';

/** One authorized request: everything in it was checked against the route. */
export interface AdminCall<B, Q> {
  readonly deps: AdminDeps;
  readonly act: Act;
  /** What the right of the route reaches for this administrator. */
  readonly scope: Scope;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
}

export interface Answer {
  readonly status: 200 | 201;
  readonly body: object;
  readonly etag?: string;
}

/** What an administrator may send where. A route names its right; without one it does not compile. */
interface RouteSpec<B extends z.ZodType, Q extends z.ZodType> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/admin/v1`, such as `/connections/{id}`. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly right: Right;
  readonly query?: Q;
  readonly body?: B;
  /** Whether the request must carry `If-Match`; `optional`: it counts when it is there. */
  readonly ifMatch?: 'required' | 'optional';
  readonly status?: 201;
  readonly answer: z.ZodType;
  handle(call: AdminCall<z.output<B>, z.output<Q>>): Promise<Outcome<Answer>>;
}

/** A route without the types of its input: what the router and the documents read. */
export type AdminRoute = Omit<RouteSpec<z.ZodType, z.ZodType>, 'handle' | 'query' | 'body'> & {
  readonly query: z.ZodType;
  readonly body: z.ZodType | undefined;
  handle(call: AdminCall<unknown, unknown>): Promise<Outcome<Answer>>;
};

const nothing = z.strictObject({});

export function route<B extends z.ZodType = typeof nothing, Q extends z.ZodType = typeof nothing>(
  spec: RouteSpec<B, Q>,
): AdminRoute {
  return { ...spec, query: spec.query ?? nothing, body: spec.body } as AdminRoute;
}

interface ListSpec<F extends z.ZodRawShape, V extends object> {
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly right: Right;
  readonly filters: F;
  readonly item: z.ZodType;
  /** Of the columns the list is sorted by. */
  readonly keyTypes: readonly KeyType[];
  list(
    call: AdminCall<undefined, z.output<z.ZodObject<F>>>,
    page: PageRequest,
  ): Promise<Page<V> | { readonly ok: false; readonly problem: Extract<Outcome<V>, { ok: false }>['problem'] }>;
}

const paging = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a number from 1 to 200.')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 200, 'must be a number from 1 to 200.')
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: 200, default: 100, description: 'Objects on a page.' }),
  cursor: z
    .string()
    .max(600, 'must be a cursor of this list.')
    .optional()
    .openapi({ description: '`next` of the page before. It belongs to this list and these filters.' }),
};

/** A list in pages: keyset, so that the thousandth page costs what the first one does. */
export function listRoute<F extends z.ZodRawShape, V extends object>(spec: ListSpec<F, V>): AdminRoute {
  const query = z.strictObject({ ...spec.filters, ...paging });
  return route<typeof nothing, z.ZodType>({
    method: 'get',
    path: spec.path,
    name: spec.name,
    summary: spec.summary,
    right: spec.right,
    query,
    answer: z.object({
      items: z.array(spec.item),
      next: z.string().nullable().openapi({ description: 'The cursor of the next page; null on the last one.' }),
    }),
    async handle(call) {
      const { limit = 100, cursor, ...filter } = call.query as { limit?: number; cursor?: string };
      const { secretBox, tenantId } = call.deps;
      const list = spec.path.replace(/\{(\w+)\}/g, (_, name: string) => call.path[name] ?? '');
      const place = { tenantId, list, filter, keyTypes: spec.keyTypes };
      const after = cursor === undefined ? undefined : readCursor(secretBox, place, cursor);
      if (cursor !== undefined && after === undefined) return problem('admin/cursor'); // LES-65
      const found = await spec.list({ ...call, body: undefined, query: filter as never }, { limit, after });
      if ('problem' in found) return found;
      const next = found.next === undefined ? null : writeCursor(secretBox, place, found.next);
      return { ok: true, value: { status: 200, body: { items: found.items, next } } };
    },
  });
}

/** An object as an answer, with the tag that a change of it sends back. */
export function shown(outcome: Outcome<object>, status: 200 | 201 = 200): Outcome<Answer> {
  if (!outcome.ok) return outcome;
  return { ok: true, value: { status, body: outcome.value, etag: etagOf(outcome.value) } };
}

/** The same for something that was looked up. */
export function found(view: object | undefined): Outcome<Answer> {
  return view === undefined ? problem('admin/not-found') : shown({ ok: true, value: view });
}
