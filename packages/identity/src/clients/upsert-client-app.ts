import { Misuse, type SecretBox, type StatedState, takeStatedState } from '@crossgrant/platform';
import {
  type ClientMetadataOptions,
  grantTypes,
  isPlainIdentifier,
  looksLikeMetadataUrl,
  newId,
  parseClientMetadataUrl,
} from '@crossgrant/protocol';
import { importJwks } from '@crossgrant/protocol/jws';
import type { Transaction } from 'kysely';
import { changeTenant, type IdentityDatabase, queries } from '../store/identity-database.ts';
import type { ClientAppRow, IdentitySchema } from '../store/schema.ts';
import { type ClientApp, type ClientAuthMethodName, readClientApps, type SecretMac } from './client-app.ts';
import { clientSecretMac } from './client-secret.ts';
import { isAcceptableRedirectUri } from './redirect-uri.ts';

/** A client app as an operator writes one. */
export interface ClientAppInput {
  /** The stable key. */
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris?: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly grantTypes?: readonly string[];
  readonly tokenEndpointAuthMethods?: readonly ClientAuthMethodName[];
  /** All live secrets, in the clear; only their HMACs are stored. Two at a time let a rotation overlap. */
  readonly secrets?: readonly (string | { readonly secret: string; readonly expiresAt: number })[];
  /** Of an app that signs its assertions: its public keys, or where they are published. */
  readonly keys?: ClientApp['keys'];
  readonly tokenEndpointAudience?: boolean;
  readonly idTokenAlgorithm?: 'RS256' | 'ES256';
  readonly refreshTokens?: boolean;
  readonly dpopRequired?: boolean;
  readonly refreshTokenRotation?: boolean;
  readonly tags?: readonly string[];
  readonly state?: 'active' | 'blocked';
}

/**
 * Makes or changes the client app of a client id. Writes nothing when nothing differs. A state that was stated before
 * does not undo what an administrator did since.
 */
export async function upsertClientApp(
  database: IdentityDatabase,
  tenantId: string,
  input: ClientAppInput,
  deps: { readonly secretBox: SecretBox; readonly now: number; readonly documents?: ClientMetadataOptions },
): Promise<{ readonly id: string; readonly isChanged: boolean }> {
  checkInput(input, deps.documents);
  const macs = input.secrets?.map((secret) => toSecretMac(secret, tenantId, input.clientId, deps.secretBox));
  const [known] = await readClientApps(queries(database), tenantId, input.clientId);
  const state = await readState(queries(database), tenantId, input.clientId);
  if (known !== undefined && isSame(known, state, input, macs)) return { id: known.id, isChanged: false };

  return changeTenant(database, tenantId, async (trx, epoch, audit) => {
    const { id, isNew, state: written } = await writeClientApp(trx, { ...deps, tenantId, input, epoch });
    audit({
      id: newId('aud', deps.now),
      scope: tenantId,
      at: deps.now,
      kind: 'change',
      outcome: 'done',
      code: isNew ? 'client-app/added' : 'client-app/changed',
      client: input.clientId,
      facts: { state: written },
    });
    return { id, isChanged: true };
  });
}

/** Writes the client app of a client id, inside a change that records who makes it. Secrets that are left out stay. */
export async function writeClientApp(
  trx: Transaction<IdentitySchema>,
  change: {
    readonly tenantId: string;
    readonly input: ClientAppInput;
    readonly secretBox: SecretBox;
    readonly now: number;
    readonly epoch: number;
    readonly documents?: ClientMetadataOptions;
  },
): Promise<{ readonly id: string; readonly isNew: boolean; readonly state: ClientAppRow['state'] }> {
  const { tenantId, input, now, epoch } = change;
  checkInput(input, change.documents);
  const [current] = await readClientApps(trx, tenantId, input.clientId);
  const id = current?.id ?? newId('app', now);
  const before = await readState(trx, tenantId, input.clientId);
  const row = toRow(current, before, input, { id, tenantId, now, epoch });
  await trx
    .insertInto('client_apps')
    .values(row)
    .onConflict((conflict) => conflict.columns(['tenant_id', 'client_id']).doUpdateSet(withoutKeys(row)))
    .execute();
  const macs = input.secrets?.map((secret) => toSecretMac(secret, tenantId, input.clientId, change.secretBox));
  if (macs !== undefined) await writeSecrets(trx, { tenantId, id, macs, now });
  return { id, isNew: current === undefined, state: row.state };
}

async function readState(
  kysely: Transaction<IdentitySchema> | ReturnType<typeof queries>,
  tenantId: string,
  clientId: string,
): Promise<StatedState<ClientAppRow['state']> | undefined> {
  return kysely
    .selectFrom('client_apps')
    .select(['state', 'stated_state'])
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
}

function checkInput(input: ClientAppInput, documents: ClientMetadataOptions | undefined): void {
  const { clientId } = input;
  if (looksLikeMetadataUrl(clientId)) checkDocumentInput(input, documents);
  else if (!isPlainIdentifier(clientId)) throw problem('client-id', clientId);
  for (const secret of input.secrets ?? []) {
    const text = typeof secret === 'string' ? secret : secret.secret;
    if (!isPlainIdentifier(text)) throw problem('secret', clientId); // CAU-05
  }
  for (const uri of [...(input.redirectUris ?? []), ...(input.postLogoutRedirectUris ?? [])]) {
    if (!isAcceptableRedirectUri(uri)) throw problem('redirect-uri', clientId, uri); // LES-17
  }
  const methods = input.tokenEndpointAuthMethods ?? [];
  if (methods.includes('none') && methods.length > 1) throw problem('methods', clientId); // CAU-04
  checkKeys(input);
}

/** What the document of the client says is not for the administrator to say too. */
function checkDocumentInput(input: ClientAppInput, documents: ClientMetadataOptions | undefined): void {
  const { clientId, redirectUris = [], postLogoutRedirectUris = [], secrets, keys, tokenEndpointAuthMethods } = input;
  if (documents === undefined) throw problem('documents-off', clientId); // CID-12
  if (!parseClientMetadataUrl(clientId, documents).ok) throw problem('document-url', clientId); // CID-04
  const isStated = secrets !== undefined || keys !== undefined || (tokenEndpointAuthMethods ?? []).length > 0;
  if (isStated || redirectUris.length + postLogoutRedirectUris.length > 0) throw problem('document-members', clientId); // CID-08
}

function checkKeys({ clientId, keys, tokenEndpointAuthMethods: methods = [] }: ClientAppInput): void {
  if (methods.includes('private_key_jwt') && keys === undefined) throw problem('keys', clientId);
  if (keys === undefined) return;
  if ('jwksUri' in keys && !URL.canParse(keys.jwksUri)) throw problem('keys', clientId);
  if ('jwks' in keys && importJwks(keys.jwks).keys.length === 0) throw problem('keys', clientId); // KEY-01
}

const sentences = {
  'client-id': (id: string) => `The client id "${id}" may hold only letters, digits, - and _.`,
  'documents-off': (id: string) => `The client id "${id}" is a URL, and client metadata documents are not switched on.`,
  'document-url': (id: string) =>
    `The client id "${id}" is not the https URL of a document, without query and fragment.`,
  'document-members': (id: string) =>
    `${id} describes itself: its document says how it proves itself and where it is redirected to, not this entry.`,
  secret: (id: string) => `A secret of ${id} is empty, too long, or holds more than letters, digits, - and _.`,
  'redirect-uri': (id: string, uri = '') =>
    `${id} may not redirect to "${uri}": https, http on this machine, or a scheme of the app's own, without a fragment.`,
  keys: (id: string) => `${id} signs its assertions, and has no usable key: give its public keys, or the URL of them.`,
  methods: (id: string) => `${id} is public or it is not: the method "none" stands alone.`,
};

function problem(kind: keyof typeof sentences, clientId: string, uri?: string): Misuse {
  return new Misuse(`client-app/${kind}`, sentences[kind](clientId, uri));
}

function toSecretMac(
  secret: string | { secret: string; expiresAt: number },
  tenantId: string,
  clientId: string,
  secretBox: SecretBox,
): SecretMac {
  if (typeof secret === 'string') return { mac: clientSecretMac(secretBox, { tenantId, clientId }, secret) };
  return { mac: clientSecretMac(secretBox, { tenantId, clientId }, secret.secret), expiresAt: secret.expiresAt };
}

function isSame(
  known: ClientApp,
  state: StatedState<ClientAppRow['state']> | undefined,
  input: ClientAppInput,
  macs: readonly SecretMac[] | undefined,
): boolean {
  const key = { id: known.id, tenantId: known.tenantId, now: 0, epoch: 0 };
  const asStored = toRow(known, state, { clientId: known.clientId, name: known.name }, key);
  const asWanted = toRow(known, state, input, key);
  return (
    JSON.stringify(asStored) === JSON.stringify(asWanted) &&
    (macs === undefined || secretKey(macs) === secretKey(known.secretMacs))
  );
}

function secretKey(macs: readonly SecretMac[]): string {
  return macs
    .map((secret) => `${secret.mac} ${secret.expiresAt ?? ''}`)
    .sort()
    .join('\n');
}

function toRow(
  known: ClientApp | undefined,
  state: StatedState<ClientAppRow['state']> | undefined,
  input: ClientAppInput,
  key: { readonly id: string; readonly tenantId: string; readonly now: number; readonly epoch: number },
): ClientAppRow {
  const keys = input.keys ?? known?.keys;
  return {
    id: key.id,
    tenant_id: key.tenantId,
    client_id: input.clientId,
    name: input.name,
    redirect_uris: JSON.stringify(input.redirectUris ?? known?.redirectUris ?? []),
    post_logout_redirect_uris: JSON.stringify(input.postLogoutRedirectUris ?? known?.postLogoutRedirectUris ?? []),
    grant_types: JSON.stringify(
      input.grantTypes ?? known?.grantTypes ?? [grantTypes.authorizationCode, grantTypes.tokenExchange],
    ),
    token_endpoint_auth_methods: JSON.stringify(
      input.tokenEndpointAuthMethods ?? known?.tokenEndpointAuthMethods ?? defaultMethods(input.clientId),
    ),
    jwks: keys !== undefined && 'jwks' in keys ? JSON.stringify(keys.jwks) : null,
    jwks_uri: keys !== undefined && 'jwksUri' in keys ? keys.jwksUri : null,
    token_endpoint_audience: Number(input.tokenEndpointAudience ?? known?.tokenEndpointAudience ?? false),
    id_token_algorithm: input.idTokenAlgorithm ?? known?.idTokenAlgorithm ?? 'RS256',
    refresh_tokens: Number(input.refreshTokens ?? known?.refreshTokens ?? false),
    dpop_required: Number(input.dpopRequired ?? known?.dpopRequired ?? false),
    refresh_token_rotation: Number(input.refreshTokenRotation ?? known?.refreshTokenRotation ?? false),
    tags: JSON.stringify(input.tags ?? known?.tags ?? []),
    ...takeStatedState(state, input.state, 'active'),
    created_at: key.now,
    version: key.epoch,
  };
}

/** Nothing proves a client that describes itself until its document was read. */
function defaultMethods(clientId: string): readonly ClientAuthMethodName[] {
  return looksLikeMetadataUrl(clientId) ? [] : ['client_secret_basic'];
}

function withoutKeys(row: ClientAppRow): Partial<ClientAppRow> {
  const { id: _id, tenant_id: _tenant, client_id: _client, created_at: _created, ...changing } = row;
  return changing;
}

async function writeSecrets(
  trx: Transaction<IdentitySchema>,
  change: { readonly tenantId: string; readonly id: string; readonly macs: readonly SecretMac[]; readonly now: number },
): Promise<void> {
  await trx.deleteFrom('client_secrets').where('client_app_id', '=', change.id).execute();
  for (const { mac, expiresAt } of new Map(change.macs.map((secret) => [secret.mac, secret])).values()) {
    await trx
      .insertInto('client_secrets')
      .values({
        tenant_id: change.tenantId,
        client_app_id: change.id,
        mac,
        created_at: change.now,
        expires_at: expiresAt ?? null,
      })
      .execute();
  }
}
