import type { CommitOutcome, PreparedRequest, PreparedUse } from './commit-request.ts';

/** One distinct single-use key of a batch, with the attempt that names its row. */
export interface KeyClaim extends PreparedUse {
  readonly name: string;
  readonly attemptId: string;
}

/** The requests whose snapshot is older than the database. */
export function findStale(
  requests: readonly PreparedRequest[],
  epochs: ReadonlyMap<string, number>,
): ReadonlySet<PreparedRequest> {
  const stale = new Set<PreparedRequest>();
  for (const request of requests) {
    if (request.expectedEpoch !== null && request.expectedEpoch !== (epochs.get(request.scope) ?? 0))
      stale.add(request);
  }
  return stale;
}

/** Every distinct key once, in one global order: two replicas that insert overlapping batches cannot deadlock. */
export function collectClaims(
  requests: readonly PreparedRequest[],
  stale: ReadonlySet<PreparedRequest>,
): readonly KeyClaim[] {
  const claims = new Map<string, KeyClaim>();
  for (const request of requests) {
    if (stale.has(request)) continue;
    for (const use of request.singleUse) {
      const name = claimName(use);
      const earlier = claims.get(name);
      claims.set(name, {
        ...use,
        name,
        attemptId: earlier?.attemptId ?? `${request.attemptId}.${claims.size}`,
        keepUntil: Math.max(use.keepUntil, earlier?.keepUntil ?? 0),
      });
    }
  }
  return [...claims.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * Decides each request from the keys this transaction inserted. A request wins only if all its keys were free and no
 * earlier request of the batch took one; what a loser's keys inserted is reported as unused and must be removed again.
 */
export function decideOutcomes(
  requests: readonly PreparedRequest[],
  stale: ReadonlySet<PreparedRequest>,
  claims: readonly KeyClaim[],
  insertedAttempts: ReadonlySet<string>,
): { outcomes: readonly CommitOutcome[]; unused: readonly KeyClaim[] } {
  const free = new Map<string, KeyClaim>();
  for (const claim of claims) {
    if (insertedAttempts.has(claim.attemptId)) free.set(claim.name, claim);
  }
  const outcomes = requests.map((request): CommitOutcome => {
    if (stale.has(request)) return 'stale';
    const used = request.singleUse.filter((use) => !free.has(claimName(use)));
    const proof = used.find(({ whenUsed }) => whenUsed !== null)?.whenUsed;
    if (proof) return proof; // CAU-03
    if (used.length > 0) return 'replayed'; // RED-26, ATK-11
    for (const use of request.singleUse) free.delete(claimName(use));
    return 'committed';
  });
  return { outcomes, unused: [...free.values()] };
}

function claimName(use: PreparedUse): string {
  return JSON.stringify([use.kind, use.scope, use.key]);
}
