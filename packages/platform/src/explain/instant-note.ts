/** The clock time of an instant in seconds, and how far it is. */
export function instantNote(value: unknown, nowMs: number): string | undefined {
  if (typeof value !== 'number') return undefined;
  const seconds = Math.round(value - nowMs / 1000);
  const clock = new Date(value * 1000).toISOString().slice(11, 19);
  return Math.abs(seconds) < 2
    ? `${clock} UTC, now`
    : `${clock} UTC, ${seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
