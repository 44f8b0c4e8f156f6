/** The columns a change touches: those of other features, which this API does not know, keep their values. */
export function difference<C extends object>(was: C, is: C): Partial<C> {
  const changed = Object.entries(is).filter(([name, value]) => (was as Record<string, unknown>)[name] !== value);
  return Object.fromEntries(changed) as Partial<C>;
}

/** A patch without the members that were left out: those keep what is stored. */
export function withoutAbsent<P extends object>(patch: P): P {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as P;
}
