import { Misuse, type SecretBox } from '@crossgrant/platform';
import { grantTypes, normalizeResource } from '@crossgrant/protocol';
import {
  authMethodsOf,
  type CustomerSettings,
  checkClientSettings,
  defaultCustomer,
  refuseResourceTwins,
  type TrustedIssuerSettings,
} from '@crossgrant/resource';
import type { AuthServerConfig } from '../config.ts';
import type { ClientRow, CustomerRow, GovernedResourceRow, TrustedIssuerRow } from './schema.ts';

/** A row as the configuration states it. `state` is there only when the configuration names one. */
export type Stated<Row extends { state: string }> = Omit<Row, 'version' | 'state' | 'stated_state'> & {
  readonly state?: Row['state'];
};

export interface DesiredRows {
  readonly customers: readonly Stated<CustomerRow>[];
  readonly trustedIssuers: readonly Stated<TrustedIssuerRow>[];
  readonly clients: readonly (Stated<ClientRow> & { readonly mac: string | undefined })[];
  readonly resources: readonly Omit<GovernedResourceRow, 'version'>[];
}

/** The purposes of the MACs under which secrets are kept. */
export const clientSecretPurpose = 'client-secret';
export const introspectionSecretPurpose = 'introspection-secret';

export function desiredRows(config: AuthServerConfig, secrets: SecretBox): DesiredRows {
  const stated = config.customers ?? [];
  const customers: readonly CustomerSettings[] = stated.length > 0 ? stated : [{ id: defaultCustomer }];
  const onlyCustomer = customers.length === 1 ? customers[0]?.id : undefined;
  refuseTwins(
    'customer',
    customers.map(({ id }) => id),
  );
  refuseTwins(
    'client',
    config.clients.map(({ id }) => id),
  );
  refuseTwins(
    'trusted-issuer',
    config.trustedIssuers.map(({ issuer }) => issuer),
  );
  refuseResourceTwins(config.resources.map(({ identifier }) => identifier)); // RED-16
  return {
    customers: customers.map(({ id, name, state }) => ({ customer_id: id, name: name ?? null, state })),
    trustedIssuers: config.trustedIssuers.map((trusted) => trustedIssuerRow(trusted, onlyCustomer)),
    clients: config.clients.map((client) => {
      checkClientSettings(client);
      return {
        client_id: client.id,
        customer_id: client.customer ?? null,
        name: client.name ?? null,
        auth_methods: JSON.stringify(authMethodsOf(client)),
        assertion_keys: client.auth.keys === undefined ? null : JSON.stringify(client.auth.keys),
        token_endpoint_audience: client.auth.tokenEndpointAudience === true ? 1 : 0,
        grant_types: JSON.stringify([grantTypes.jwtBearer]),
        scopes: client.scopes === undefined ? null : JSON.stringify(client.scopes),
        dpop_required: Number(client.dpopRequired ?? false),
        state: client.state,
        mac: client.auth.secret === undefined ? undefined : secrets.mac(clientSecretPurpose, client.auth.secret),
      };
    }),
    resources: config.resources.map((resource) => ({
      resource_key: normalizeResource(resource.identifier), // RED-16, RED-19
      identifier: resource.identifier,
      name: resource.name ?? null,
      scopes: JSON.stringify(resource.scopes),
      sign_on_by_scope: resource.signOnByScope === undefined ? null : JSON.stringify(resource.signOnByScope),
      access_token_seconds: resource.accessTokenSeconds ?? null,
      dpop_required: Number(resource.dpopRequired ?? false),
      introspection_mac:
        resource.introspectionSecret === undefined
          ? null
          : secrets.mac(introspectionSecretPurpose, resource.introspectionSecret),
      access_tokens: resource.accessTokens ?? null,
    })),
  };
}

/** One key, one entry: of two the later one would rule unseen. */
function refuseTwins(what: 'customer' | 'client' | 'trusted-issuer', keys: readonly string[]): void {
  const twin = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twin !== undefined) throw new Misuse(`${what}/twin`, `The ${what} ${twin} is listed twice; one entry each.`);
}

/** The customer of a multi-tenant issuer is decided by its map; of any other it is named, or the only one. */
function trustedIssuerRow(trusted: TrustedIssuerSettings, onlyCustomer: string | undefined): Stated<TrustedIssuerRow> {
  const { issuer, customer, state, ...settings } = trusted;
  const isMulti = settings.tenant !== undefined && 'map' in settings.tenant;
  const customerId = customer ?? (isMulti ? '' : onlyCustomer);
  if (customerId === undefined)
    throw new Misuse(
      'trusted-issuer/customer',
      `The trusted issuer ${issuer} names no customer, and there are several; say whose people it vouches for.`,
    );
  return { issuer, customer_id: customerId, settings: JSON.stringify(settings), state };
}
