import type { Adapter, AdapterPayload } from 'oidc-provider';
import {
  type ArtifactDeps,
  artifactRow,
  consumeArtifact,
  destroyArtifact,
  findArtifact,
  findArtifactByUid,
  revokeByGrantId,
  type StoredArtifact,
  saveArtifact,
} from '../store/artifacts.ts';
import { queries } from '../store/identity-database.ts';
import { toClientMetadata } from './client-metadata.ts';
import type { SignOnDeps } from './deps.ts';
import { findLivePerson } from './live-person.ts';

/** Storage for oidc-provider: client apps from the tenant, everything else in one table of the shared database. */
export function createAdapter(deps: SignOnDeps, kind: string): Adapter {
  const artifacts: ArtifactDeps = {
    database: deps.database,
    tenantId: deps.tenantId,
    secretBox: deps.secretBox,
    clock: deps.clock,
  };
  const open = async (stored: StoredArtifact | undefined): Promise<AdapterPayload | undefined> => {
    if (stored === undefined) return undefined;
    if (kind === 'Session' && !(await isLiveBrowserSession(deps, stored.payload))) return undefined; // LES-20
    const consumed = stored.consumedAt === undefined ? {} : { consumed: Math.floor(stored.consumedAt / 1000) };
    return { ...stored.payload, ...consumed } as AdapterPayload;
  };

  return {
    async upsert(id, payload, expiresIn) {
      await saveArtifact(artifacts, artifactRow(artifacts, kind, id, payload, expiresIn));
    },
    async find(id) {
      if (kind === 'Client') return toClientMetadata(await deps.findClient(id));
      return open(await findArtifact(artifacts, kind, id));
    },
    async findByUid(uid) {
      return open(await findArtifactByUid(artifacts, kind, uid));
    },
    async findByUserCode() {
      return undefined;
    },
    async consume(id) {
      await consumeArtifact(artifacts, kind, id);
    },
    destroy: (id) => destroyArtifact(artifacts, kind, id),
    revokeByGrantId: (grantId) => revokeByGrantId(artifacts, grantId, kind),
  };
}

/** A browser session whose person was disabled or revoked, or that was ended at any client, is none. */
async function isLiveBrowserSession(deps: SignOnDeps, payload: StoredArtifact['payload']): Promise<boolean> {
  const { accountId, loginTs, uid } = payload;
  if (typeof accountId !== 'string') return true;
  if (typeof uid !== 'string' || (await wasEnded(deps, uid))) return false; // SSO-10
  const live = await findLivePerson(deps, accountId, typeof loginTs === 'number' ? loginTs : undefined);
  return live.isLive;
}

async function wasEnded(deps: SignOnDeps, browserSession: string): Promise<boolean> {
  const ended = await queries(deps.database)
    .selectFrom('sessions')
    .select('sid')
    .where('tenant_id', '=', deps.tenantId)
    .where('browser_session', '=', browserSession)
    .where('ended_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return ended !== undefined;
}
