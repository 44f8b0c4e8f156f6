/** Where a list goes on: the values of its sort columns in the last row that was read. */
export type PageKey = readonly (string | number)[];

export interface PageRequest {
  readonly limit: number;
  readonly after?: PageKey;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly next?: PageKey;
}

/** A page of the rows that were read, one more than asked for if there are more. */
export function toPage<Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => PageKey): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: keyOf(last) } : { items };
}

export function mapPage<T, U>(page: Page<T>, map: (items: readonly T[]) => readonly U[]): Page<U> {
  return { ...page, items: map(page.items) };
}
