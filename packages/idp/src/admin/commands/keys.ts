import { type Outcome, problem } from '../domain/problem.ts';
import { findKeyView, type KeyView, viewKey } from '../queries/keys.ts';
import type { Act, AdminDeps } from './change-object.ts';

/** Prepares the next key of an algorithm: it is published at once and signs after an hour. */
export async function rotateKey(deps: AdminDeps, act: Act, alg: 'ES256' | 'RS256'): Promise<Outcome<KeyView>> {
  const [rotation] = await deps.keys.rotate(keyAct(act), { alg });
  return rotation === undefined ? problem('admin/not-found') : { ok: true, value: viewKey(rotation.next) };
}

/** Ends a key at once; if it signs, another takes over in the same instant. One that was revoked before stays so. */
export async function revokeKey(deps: AdminDeps, act: Act, kid: string): Promise<Outcome<KeyView>> {
  if ((await findKeyView(deps.keys, kid)) === undefined) return problem('admin/not-found');
  await deps.keys.revoke(kid, keyAct(act));
  const key = await findKeyView(deps.keys, kid);
  return key === undefined ? problem('admin/not-found') : { ok: true, value: key };
}

function keyAct({ id, admin, address, reason }: Act): Parameters<AdminDeps['keys']['rotate']>[0] {
  return { actor: admin.tokenId, reason, request: { id, name: admin.name, role: admin.role, address } };
}
