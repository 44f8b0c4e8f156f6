/** Calls `once` from `workers` loops until it has been told to stop; a call that the dying server cut off counts as unanswered. */
export async function loadUntil<T>(workers: number, stopped: () => boolean, once: () => Promise<T | undefined>): Promise<readonly T[]> {
  const answered: T[] = [];
  const loop = async (): Promise<void> => {
    while (!stopped()) {
      const answer = await once().catch(() => undefined);
      if (answer !== undefined) answered.push(answer);
    }
  };
  await Promise.all(Array.from({ length: workers }, loop));
  return answered;
}

/** The claims of a token this test received, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
