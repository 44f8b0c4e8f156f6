import { ok, type Result, refuse, type ScopeSet } from '@crossgrant/protocol';
import type { AuthInfo } from './auth-info.ts';
import type { McpOperation } from './mcp-message.ts';

/** Scopes that an operation needs: one, all of several, or none for an empty list. */
export type RequiredScopes = string | readonly string[];

export interface OperationScopes {
  /** Per tool. Where this is given, a tool that is not in it is out of reach. */
  readonly tools?: Readonly<Record<string, RequiredScopes>>;
  /** Per JSON-RPC method, for what is no tool call. Methods that are not in it need a valid token and no more. */
  readonly methods?: Readonly<Record<string, RequiredScopes>>;
}

/**
 * Whether the caller has every scope that is needed. A refusal names all of the needed ones, so that the client can ask for
 * them at once.
 *
 * RFC 6750 §3.1.
 */
export function authorizeScopes(auth: AuthInfo, needed: ScopeSet): Result<void> {
  const missing = needed.filter((scope) => !auth.scope.includes(scope));
  if (missing.length > 0)
    return refuse('bearer/insufficient-scope', { missing, jti: auth.jti }, { scope: needed.join(' ') }); // RSV-04, MCP-13, LES-36
  return ok(undefined);
}

/** Judges every operation of a message; one that is out of reach refuses them all. */
export function authorizeOperations(
  auth: AuthInfo,
  operations: readonly McpOperation[],
  scopes: OperationScopes,
): Result<void> {
  for (const operation of operations) {
    const needed = scopesOf(operation, scopes);
    if (needed === undefined) return refuse('bearer/unknown-operation', { ...operation, jti: auth.jti }); // RSV-04
    const authorized = authorizeScopes(auth, needed);
    if (!authorized.ok) return authorized; // RSV-04, LES-89
  }
  return ok(undefined);
}

function scopesOf({ method, name }: McpOperation, { tools, methods }: OperationScopes): ScopeSet | undefined {
  if (method === 'tools/call' && tools !== undefined) return listed(tools, name ?? '');
  return methods === undefined ? [] : (listed(methods, method) ?? []);
}

/** Own members alone: a tool named `constructor` finds nothing. */
function listed(table: Readonly<Record<string, RequiredScopes>>, name: string): ScopeSet | undefined {
  if (!Object.hasOwn(table, name)) return undefined; // RSV-04, ATK-46
  const needed = table[name] as RequiredScopes;
  return typeof needed === 'string' ? [needed] : needed;
}

export interface AuthenticationNeeds {
  /** Any one of these satisfies. */
  readonly acrValues?: readonly string[];
  readonly maxAgeSeconds?: number;
}

/**
 * Whether the sign-on behind the token is strong and fresh enough. A token that does not say counts as neither.
 *
 * RFC 9470 §3.
 */
export function authorizeAuthentication(auth: AuthInfo, needs: AuthenticationNeeds, nowSeconds: number): Result<void> {
  const { acrValues, maxAgeSeconds } = needs;
  const wire = { acr_values: acrValues?.join(' '), max_age: maxAgeSeconds };
  const isStrong = acrValues === undefined || (auth.acr !== undefined && acrValues.includes(auth.acr));
  const isFresh =
    maxAgeSeconds === undefined || (auth.authTime !== undefined && nowSeconds - auth.authTime <= maxAgeSeconds);

  if (!isStrong) return refuse('bearer/insufficient-authentication', { acr: auth.acr, jti: auth.jti }, wire); // RSV-05
  if (!isFresh) return refuse('bearer/insufficient-authentication', { authTime: auth.authTime, jti: auth.jti }, wire); // RSV-05
  return ok(undefined);
}
