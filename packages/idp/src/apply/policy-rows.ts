import { createHash } from 'node:crypto';
import { Misuse } from '@crossgrant/platform';
import { isScopeToken, looksLikeMetadataUrl, normalizeResource, parseResourceIdentifier } from '@crossgrant/protocol';
import type { ConnectionConfig, PolicySection, ResourceAppConfig, ResourceConfig, RuleConfig } from '../config.ts';
import { longestLifetimeSeconds } from '../domain/policy/outcome.ts';
import type { ConnectionRow, ResourceAppRow, ResourceRow, RuleRow } from '../store/schema.ts';

/** What a row says, without where and when it is stored, and without the state of what an admin may switch. */
export type Content<Row> = Omit<Row, StoredApart<Row>>;

type StoredApart<Row> =
  | 'id'
  | 'tenant_id'
  | 'applied'
  | 'created_at'
  | 'version'
  | ('stated_state' extends keyof Row ? 'state' | 'stated_state' : never);

export function resourceAppContent(app: ResourceAppConfig): Content<ResourceAppRow> {
  return {
    key: app.id,
    name: app.name ?? null,
    issuer: app.issuer,
    aliases: JSON.stringify(app.aliases ?? []),
    signing_algorithm: app.signingAlgorithm ?? 'ES256',
    subject_mode: app.subject ?? 'public',
    tenant_claim: app.tenantClaim ?? null,
    tags: JSON.stringify(app.tags ?? []),
  };
}

export function resourceContent(
  resource: ResourceConfig,
  resourceAppId: string,
  signOnByRisk: PolicySection['signOnByRisk'] = {},
): Content<ResourceRow> {
  if (!parseResourceIdentifier(resource.identifier).ok) {
    throw new Misuse(
      'policy/resource',
      `The resource ${JSON.stringify(resource.identifier)} must be an absolute URI without fragment, user info and dot segments.`,
    );
  }
  const scopes = Object.entries(resource.scopes).map(
    ([scope, { risk, description, version = 1, signOn = signOnByRisk[risk] }]) => {
      if (!isScopeToken(scope))
        throw new Misuse(
          'policy/scope',
          `The scope ${JSON.stringify(scope)} of ${resource.identifier} is not one scope token.`,
        );
      return [scope, { risk, version, description, signOn }] as const; // STP-07
    },
  );
  return {
    resource_app_id: resourceAppId,
    identifier: resource.identifier,
    name: resource.name ?? null,
    scopes: JSON.stringify(Object.fromEntries(scopes)),
    tags: JSON.stringify(resource.tags ?? []),
  };
}

export interface ConnectionEnds {
  readonly clientAppId: string;
  readonly resourceAppId: string;
  readonly resources: readonly {
    readonly identifier: string;
    readonly scopes: Readonly<Record<string, { readonly version?: number }>>;
  }[];
}

/**
 * Scopes that were approved before keep the version they were approved at, until the connection lists other scopes.
 */
export function connectionContent(
  connection: ConnectionConfig,
  ends: ConnectionEnds,
  approvedScopes: string | undefined,
): Content<ConnectionRow> {
  const key = `${connection.client}/${connection.resourceApp}`;
  const registered = (identifier: string): string => {
    const found = ends.resources.find(
      (resource) => normalizeResource(resource.identifier) === normalizeResource(identifier),
    );
    if (found === undefined)
      throw new Misuse(
        'policy/connection-resource',
        `The connection ${key} names ${identifier}, which its resource app does not have.`,
      );
    return found.identifier;
  };
  const resources = connection.resources?.map(registered) ?? ends.resources.map(({ identifier }) => identifier);
  const lifetime = connection.lifetimeSeconds ?? 300;
  if (!isLifetime(lifetime)) throw lifetimeMistake(key); // IDJ-08
  return {
    key,
    client_app_id: ends.clientAppId,
    resource_app_id: ends.resourceAppId,
    resource_client_id: resourceClientIdOf(connection),
    resources: JSON.stringify(resources),
    default_resource: connection.defaultResource === undefined ? null : registered(connection.defaultResource),
    scopes: approve(connection.scopes, ends, approvedScopes),
    default_scopes: JSON.stringify(connection.defaultScopes ?? connection.scopes),
    account_link: connection.accountLink ?? 'sub',
    lifetime_seconds: lifetime,
    dpop_required: connection.dpopRequired === true ? 1 : 0,
    owner: connection.owner ?? null,
    reason: connection.reason ?? null,
    review_at: instant(connection.reviewAt, `reviewAt of the connection ${key}`),
    expires_at: instant(connection.expiresAt, `expiresAt of the connection ${key}`),
  };
}

/** A client with a metadata document has one id everywhere; any other needs a mapping. ID-JAG-04 §5. */
function resourceClientIdOf({ client, resourceApp, resourceClientId }: ConnectionConfig): string {
  if (resourceClientId !== undefined) return resourceClientId;
  if (looksLikeMetadataUrl(client)) return client;
  throw new Misuse(
    'policy/connection-client-id',
    `The connection ${client}/${resourceApp} must name the id of the client at the resource authorization server.`,
  ); // CID-01
}

export interface RuleNames {
  readonly userId: (username: string) => string;
  readonly connectionId: (key: string) => string;
}

export function ruleContent(rule: RuleConfig, names: RuleNames): Content<RuleRow> {
  const key = rule.id;
  const { users = [], groups = [], everyone = false } = rule;
  if (users.length === 0 && groups.length === 0 && !everyone) {
    throw new Misuse('policy/rule-who', `The rule ${key} must name users, groups or everyone.`);
  }
  const { clients, resourceApps, resources } = rule.tags ?? {};
  for (const list of [rule.connections, rule.scopes, rule.risks, clients, resourceApps, resources]) {
    if (list?.length === 0)
      throw new Misuse('policy/rule-empty-list', `The rule ${key} holds an empty list; leave it out to mean all.`); // LES-73
  }
  const definition = {
    users: users.map(names.userId),
    groups,
    everyone,
    connections: rule.connections?.map(names.connectionId),
    tags: rule.tags,
    scopes: rule.scopes,
    risks: rule.risks,
    conditions: rule.conditions,
  };
  return { key, effect: rule.effect, state: rule.state ?? 'active', definition: JSON.stringify(definition) };
}

/** Equal for equal content, whatever was written to the row since. */
export function fingerprint(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}

function approve(scopes: readonly string[], ends: ConnectionEnds, approvedScopes: string | undefined): string {
  const approved = approvedScopes === undefined ? {} : (JSON.parse(approvedScopes) as Record<string, number>);
  const isSameList = Object.keys(approved).sort().join(' ') === scopes.toSorted().join(' ');
  if (isSameList && approvedScopes !== undefined) return approvedScopes; // ADM-02
  return JSON.stringify(Object.fromEntries(scopes.map((scope) => [scope, scopeVersion(scope, ends)])));
}

function scopeVersion(scope: string, { resources }: ConnectionEnds): number {
  return Math.max(1, ...resources.map((resource) => resource.scopes[scope]?.version ?? 1));
}

function instant(text: string | undefined, what: string): number | null {
  if (text === undefined) {
    return null;
  }
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    throw new Misuse('policy/instant', `${what} must be a date and time in ISO 8601.`);
  }
  return milliseconds;
}

function isLifetime(seconds: number): boolean {
  return Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= longestLifetimeSeconds;
}

function lifetimeMistake(key: string): Misuse {
  return new Misuse(
    'policy/lifetime',
    `The connection ${key} may let an ID-JAG live 1 to ${longestLifetimeSeconds} seconds.`,
  );
}
