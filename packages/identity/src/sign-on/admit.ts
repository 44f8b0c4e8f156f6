import { type AuditEntry, readEpoch, StoreUnavailable } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import { recordSession } from '../sessions/session.ts';
import type { OidcArtifactRow } from '../store/schema.ts';
import type { SignOnDeps } from './deps.ts';
import { findLivePerson, type Inactive } from './live-person.ts';

/** An authorization code about to exist, with the sign-on it rests on. */
export interface Admission {
  readonly userId: string;
  readonly clientId: string;
  readonly sid: string;
  readonly browserSession: string;
  readonly authTime: number;
  readonly acr: string | undefined;
  readonly amr: readonly string[];
  readonly address: string | undefined;
  readonly scope: string | undefined;
  readonly codeRow: OidcArtifactRow;
}

export type AdmissionRefused = Inactive | 'client-blocked';

/**
 * The only way to an authorization code. Person and client are judged at one epoch of the tenant, and the code becomes
 * durable together with its audit row only if the tenant is still at that epoch; else everything is judged again. So a
 * revocation, wherever it was made, is never outrun.
 *
 * Returns why there is no code, if there is none.
 */
export async function admitSignOn(deps: SignOnDeps, admission: Admission): Promise<AdmissionRefused | undefined> {
  for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
    const epoch = await readEpoch(deps.database, deps.tenantId);
    const refused = await judge(deps, admission, epoch);
    if (refused !== undefined) {
      await deps.database.commits.audit(auditOf(deps, admission, refused));
      return refused;
    }
    const outcome = await deps.database.commits.commit({
      scope: deps.tenantId,
      expectedEpoch: epoch,
      inserts: [{ table: 'oidc_artifacts', row: { ...admission.codeRow } }],
      audit: auditOf(deps, admission, undefined),
    });
    if (outcome === 'committed') return undefined;
  }
  throw new StoreUnavailable('the tenant changes faster than a sign-on can be judged');
}

const attemptsAtMost = 8;

async function judge(deps: SignOnDeps, admission: Admission, epoch: number): Promise<AdmissionRefused | undefined> {
  const client = await deps.findClient(admission.clientId);
  if (client?.state !== 'active') return 'client-blocked';
  const live = await findLivePerson(deps, admission.userId, admission.authTime);
  if (!live.isLive) return live.because;
  const isRecorded = await recordSession(deps.database, newSession(deps, admission), deps.clock(), epoch);
  return isRecorded ? undefined : 'session-ended';
}

function newSession(deps: SignOnDeps, admission: Admission): Parameters<typeof recordSession>[1] {
  const { userId, clientId, sid, browserSession, authTime, acr, amr, address } = admission;
  const expiresAt = (authTime + deps.sessionSeconds) * 1000;
  return { tenantId: deps.tenantId, sid, browserSession, clientId, userId, authTime, acr, amr, address, expiresAt };
}

function auditOf(deps: SignOnDeps, admission: Admission, refused: AdmissionRefused | undefined): AuditEntry {
  return {
    id: newId('aud', deps.clock()),
    scope: deps.tenantId,
    at: deps.clock(),
    kind: 'sign_on',
    outcome: refused === undefined ? 'allow' : 'deny',
    code: refused === undefined ? undefined : `sign-on/${refused}`,
    client: admission.clientId,
    scopesGranted: admission.scope,
    facts: { sid: admission.sid, auth_time: admission.authTime, acr: admission.acr ?? null, amr: [...admission.amr] },
    personal: { person: admission.userId, address: admission.address },
  };
}
