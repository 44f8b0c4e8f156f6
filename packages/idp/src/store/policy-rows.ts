import type { Selectable } from 'kysely';
import type { Connection, Resource, ResourceApp, ResourceScope, Rule } from '../domain/policy/model.ts';
import type { ConnectionRow, ResourceAppRow, ResourceRow, RuleRow } from './schema.ts';

/** A stored policy row that cannot be read. Nothing is decided from a policy with a hole in it. */
export class PolicyUnreadable extends Error {
  override readonly name = 'PolicyUnreadable';
}

export function readResourceApp(
  row: Selectable<ResourceAppRow>,
  resources: ReadonlyMap<string, Resource>,
): ResourceApp {
  return {
    id: row.id,
    key: row.key,
    issuer: row.issuer,
    aliases: readTexts(row.aliases, row.id),
    signingAlgorithm: row.signing_algorithm,
    subject: row.subject_mode,
    tenantClaim: row.tenant_claim ?? undefined,
    tags: readTexts(row.tags, row.id),
    state: row.state === 'active' ? 'active' : 'disabled',
    resources,
  };
}

export function readResource(row: Selectable<ResourceRow>): Resource {
  const scopes = Object.entries(readObject(row.scopes, row.identifier)).map(
    ([scope, value]): [string, ResourceScope] => [scope, value as ResourceScope],
  );
  return { identifier: row.identifier, scopes: new Map(scopes), tags: readTexts(row.tags, row.identifier) };
}

export function readConnection(row: Selectable<ConnectionRow>): Connection {
  const scopes = Object.entries(readObject(row.scopes, row.id)).map(([scope, version]): [string, number] => [
    scope,
    Number(version),
  ]);
  return {
    id: row.id,
    key: row.key,
    clientAppId: row.client_app_id,
    resourceAppId: row.resource_app_id,
    resourceClientId: row.resource_client_id,
    resources: readTexts(row.resources, row.id),
    defaultResource: row.default_resource ?? undefined,
    scopes: new Map(scopes),
    defaultScopes: readTexts(row.default_scopes, row.id),
    state: row.state,
    accountLink: row.account_link,
    lifetimeSeconds: row.lifetime_seconds,
    dpopRequired: row.dpop_required !== 0,
    expiresAt: row.expires_at ?? undefined,
  };
}

export function readRule(row: Selectable<RuleRow>): Rule {
  const definition = readObject(row.definition, row.id) as Partial<Rule>;
  if (row.effect !== 'allow' && row.effect !== 'deny') {
    throw new PolicyUnreadable(`rule ${row.id} has an unknown effect`);
  }
  if (row.state !== 'active' && row.state !== 'disabled') {
    throw new PolicyUnreadable(`rule ${row.id} has an unknown state`);
  }
  for (const list of [definition.users, definition.groups]) {
    if (!isTexts(list)) throw new PolicyUnreadable(`rule ${row.id} does not say whom it concerns`); // LES-73
  }
  const { clients, resourceApps, resources } = definition.tags ?? {};
  for (const list of [definition.connections, definition.scopes, definition.risks, clients, resourceApps, resources]) {
    if (list !== undefined && !isTexts(list)) throw new PolicyUnreadable(`rule ${row.id} holds a list that is none`); // LES-73
    if (list?.length === 0) throw new PolicyUnreadable(`rule ${row.id} holds a list of nothing`); // LES-73
  }
  return {
    ...(definition as Rule),
    id: row.id,
    effect: row.effect,
    state: row.state,
    everyone: definition.everyone === true,
  };
}

function readObject(text: string, of: string): Record<string, unknown> {
  const value = readJson(text, of);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyUnreadable(`${of} holds something else than an object`);
  }
  return value as Record<string, unknown>;
}

function readTexts(text: string, of: string): readonly string[] {
  const value = readJson(text, of);
  if (!isTexts(value)) {
    throw new PolicyUnreadable(`${of} holds something else than a list`);
  }
  return value;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function readJson(text: string, of: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PolicyUnreadable(`${of} cannot be read`, { cause });
  }
}
