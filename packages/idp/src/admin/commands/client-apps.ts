import { type ClientAppInput, type ClientAuthMethodName, clientSecretMac, writeClientApp } from '@crossgrant/identity';
import { newSecret } from '@crossgrant/protocol';
import { writeClientAppState } from '../../commands/apps.ts';
import type { PolicyChange } from '../../commands/change.ts';
import { invalid, type Outcome, problem } from '../domain/problem.ts';
import { type ClientAppView, findClientAppView } from '../queries/client-apps.ts';
import { type Act, type AdminDeps, type At, changeObject, Refused } from './change-object.ts';

export interface NewClientApp extends Omit<ClientAppInput, 'secrets' | 'state' | 'tokenEndpointAuthMethods' | 'keys'> {
  readonly authMethods: readonly ClientAuthMethodName[];
  /** The public keys of an app that signs its assertions, or where they are published. */
  readonly jwks?: { readonly keys: readonly unknown[] };
  readonly jwksUri?: string;
}

export type ClientAppPatch = Partial<Omit<NewClientApp, 'clientId'>>;

/** A client app, and its secret the one time it is shown. */
export interface WithSecret {
  readonly app: ClientAppView;
  readonly secret: string | undefined;
}

const audited = [
  'clientId',
  'name',
  'redirectUris',
  'postLogoutRedirectUris',
  'grantTypes',
  'authMethods',
  'idTokenAlgorithm',
  'refreshTokens',
  'refreshTokenRotation',
  'dpopRequired',
  'jwks',
  'jwksUri',
  'tokenEndpointAudience',
  'tags',
  'state',
  'secrets',
] as const;

export async function createClientApp(deps: AdminDeps, act: Act, app: NewClientApp): Promise<Outcome<WithSecret>> {
  const secret = needsSecret(app.authMethods) ? newSecret() : undefined;
  const made = await changeObject(deps, act, {
    ...object(deps),
    code: 'client-app/added',
    write: async (trx, _before, at) => {
      const taken = await trx
        .selectFrom('client_apps')
        .select('id')
        .where('tenant_id', '=', deps.tenantId)
        .where('client_id', '=', app.clientId)
        .executeTakeFirst();
      if (taken !== undefined) throw new Refused(problem('admin/conflict', { detail: 'This client id is taken.' }));
      return write(deps, trx, at, { ...app, secrets: secret === undefined ? [] : [secret] });
    },
  });
  return made.ok ? { ok: true, value: { app: made.value, secret } } : made;
}

export function updateClientApp(
  deps: AdminDeps,
  act: Act,
  id: string,
  patch: ClientAppPatch,
): Promise<Outcome<ClientAppView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: 'client-app/changed',
    id,
    write: async (trx, before, at) => {
      const { clientId = '', name = '' } = before ?? {};
      return write(deps, trx, at, { ...patch, clientId, name: patch.name ?? name });
    },
  });
}

export function setClientApp(
  deps: AdminDeps,
  act: Act,
  id: string,
  state: 'active' | 'blocked',
): Promise<Outcome<ClientAppView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: `client-app/${state}`,
    id,
    write: async (trx, before, { epoch }) => {
      const { clientId = '' } = before ?? {};
      await writeClientAppState(trx, { tenantId: deps.tenantId, clientId, state, epoch });
      return id;
    },
  });
}

/** A new secret, shown once. Those before it work on for as long as asked, so that a rotation can overlap; 0 ends them. */
export async function rotateSecret(
  deps: AdminDeps,
  act: Act,
  id: string,
  overlapSeconds: number,
): Promise<Outcome<WithSecret>> {
  const secret = newSecret();
  const rotated = await changeObject(deps, act, {
    ...object(deps),
    code: 'client-app/secret-rotated',
    id,
    write: async (trx, before, at) => {
      if (before === undefined || !needsSecret(before.authMethods))
        throw new Refused(problem('admin/conflict', { detail: 'This client app authenticates without a secret.' }));
      await endSecrets(trx, deps.tenantId, id, { now: at.now, until: at.now + overlapSeconds * 1000 });
      const owner = { tenantId: deps.tenantId, clientId: before.clientId };
      await trx
        .insertInto('client_secrets')
        .values({
          tenant_id: deps.tenantId,
          client_app_id: id,
          mac: clientSecretMac(deps.secretBox, owner, secret),
          created_at: at.now,
          expires_at: null,
        })
        .execute();
      await trx
        .updateTable('client_apps')
        .set({ version: at.epoch })
        .where('tenant_id', '=', deps.tenantId)
        .where('id', '=', id)
        .execute();
      return id;
    },
  });
  return rotated.ok ? { ok: true, value: { app: rotated.value, secret } } : rotated;
}

/** No secret of the app lives longer than asked; one that ended already goes. */
async function endSecrets(
  trx: PolicyChange,
  tenantId: string,
  appId: string,
  { now, until }: { now: number; until: number },
): Promise<void> {
  await trx
    .updateTable('client_secrets')
    .set({ expires_at: until })
    .where('tenant_id', '=', tenantId)
    .where('client_app_id', '=', appId)
    .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', until)]))
    .execute();
  await trx
    .deleteFrom('client_secrets')
    .where('tenant_id', '=', tenantId)
    .where('client_app_id', '=', appId)
    .where('expires_at', '<=', now)
    .execute();
}

function object({ tenantId }: AdminDeps): {
  audited: typeof audited;
  read(trx: PolicyChange, id: string): Promise<ClientAppView | undefined>;
} {
  return { audited, read: (trx, id) => findClientAppView(trx, tenantId, id) };
}

async function write(
  { tenantId, secretBox }: AdminDeps,
  trx: PolicyChange,
  { now, epoch }: At,
  app: Partial<NewClientApp> & { clientId: string; name: string; secrets?: readonly string[] },
): Promise<string> {
  const { authMethods, jwks, jwksUri, ...input } = app;
  if (jwks !== undefined && jwksUri !== undefined)
    throw new Refused(invalid('jwksUri', 'and jwks exclude each other.'));
  const inline = jwks === undefined ? undefined : { jwks };
  const keys = jwksUri === undefined ? inline : { jwksUri };
  if (authMethods?.length === 0) throw new Refused(invalid('authMethods', 'must name at least one method.'));
  const written = await writeClientApp(trx as never, {
    tenantId,
    input: { ...input, keys, tokenEndpointAuthMethods: authMethods },
    secretBox,
    now,
    epoch,
  });
  return written.id;
}

function needsSecret(methods: readonly string[]): boolean {
  return methods.some((method) => method.startsWith('client_secret_'));
}
