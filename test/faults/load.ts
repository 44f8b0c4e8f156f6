/**
 * Calls `once` from `workers` loops and runs `end` as soon as `enough` answers have arrived, with the other calls in the
 * air. A call that the dying server cut off counts as unanswered.
 */
export async function loadUntil<T>(
  workers: number,
  enough: number,
  once: () => Promise<T | undefined>,
  end: () => Promise<void>,
): Promise<readonly T[]> {
  const answered: T[] = [];
  let ending: Promise<void> | undefined;
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      const answer = await once().catch(() => undefined);
      if (answer !== undefined) answered.push(answer);
      if (answered.length < enough || ending !== undefined) continue;
      ending = end().then(() => {
        isOver = true;
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, loop));
  await ending;
  return answered;
}

/** The claims of a token this test received, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
