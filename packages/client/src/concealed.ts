const shownInstead = '[token]';
const inspectedAs = Symbol.for('nodejs.util.inspect.custom');

/**
 * The same object, except that printing or serialising it shows no secrets. Reading a member by name still yields it.
 * A copy made with the spread operator is no longer protected.
 */
export function conceal<T extends object>(object: T, secrets: readonly (keyof T)[]): T {
  const shown = (): object => {
    const entries = Object.entries(object).filter(([, member]) => member !== undefined);
    return Object.fromEntries(
      entries.map(([name, member]) => [name, secrets.includes(name as keyof T) ? shownInstead : member]),
    );
  };
  return Object.defineProperties({ ...object }, { toJSON: { value: shown }, [inspectedAs]: { value: shown } }); // CLI-01
}
