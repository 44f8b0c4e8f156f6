/** A state in a row, and the state a configuration last asked for. */
export interface StatedState<S extends string> {
  readonly state: S;
  readonly stated_state: S | null;
}

/**
 * The state a row gets from a configuration. It counts only when it differs from what the configuration said before:
 * an administrator's block outlives every restart, whatever the unchanged file says.
 */
export function takeStatedState<S extends string>(
  row: StatedState<S> | undefined,
  stated: S | undefined,
  initial: S,
): StatedState<S> {
  if (row === undefined) return { state: stated ?? initial, stated_state: stated ?? null };
  if (stated === undefined || stated === row.stated_state) return { state: row.state, stated_state: row.stated_state }; // LES-20, ADM-02
  return { state: stated, stated_state: stated };
}
