import {
  isSignOnEnough,
  ok,
  type Result,
  refuse,
  type ScopeSet,
  type SignOnNeeds,
  stepUpWire,
  strictestNeeds,
} from '@crossgrant/protocol';
import type { AuthInfo } from './auth-info.ts';
import type { McpOperation } from './mcp-message.ts';

/** Scopes that an operation needs: one, all of several, or none for an empty list. */
export type RequiredScopes = string | readonly string[];

export interface OperationScopes extends OperationSignOn {
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
  nowSeconds: number,
): Result<void> {
  for (const operation of operations) {
    const needed = scopesOf(operation, scopes);
    if (needed === undefined) return refuse('bearer/unknown-operation', { ...operation, jti: auth.jti }); // RSV-04
    const authorized = authorizeScopes(auth, needed);
    if (!authorized.ok) return authorized; // RSV-04, LES-89
    const needs = [...needsOfScopes(needed, scopes), ...needsOfTool(operation, scopes)];
    const signedOn = authorizeAuthentication(auth, needs, nowSeconds, needed);
    if (!signedOn.ok) return signedOn; // RSV-05
  }
  return ok(undefined);
}

function needsOfTool(
  { method, name }: McpOperation,
  { signOnByTool = {} }: OperationSignOn,
): readonly AuthenticationNeeds[] {
  const needs = method === 'tools/call' ? own(signOnByTool, name ?? '') : undefined; // RSV-05, ATK-46
  return needs === undefined ? [] : [needs];
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

/** What an operation asks of the sign-on behind a token. */
export type AuthenticationNeeds = SignOnNeeds;

export interface OperationSignOn {
  /** Per scope: whatever needs the scope needs this sign-on too. */
  readonly signOnByScope?: Readonly<Record<string, AuthenticationNeeds>>;
  /** Per tool, beside what its scopes ask for. */
  readonly signOnByTool?: Readonly<Record<string, AuthenticationNeeds>>;
}

/**
 * Whether the sign-on behind the token is strong and fresh enough for every need. A token that does not say counts as
 * neither. A refusal tells one sign-on that would do for all of them, and the scopes to ask for with it.
 *
 * RFC 9470 §3.
 */
export function authorizeAuthentication(
  auth: AuthInfo,
  needs: readonly AuthenticationNeeds[],
  nowSeconds: number,
  scopes: ScopeSet = [],
): Result<void> {
  if (needs.every((need) => isSignOnEnough(auth, need, nowSeconds))) return ok(undefined);
  const { acr, authTime, jti } = auth;
  const wire = { ...stepUpWire(strictestNeeds(needs)), ...(scopes.length > 0 && { scope: scopes.join(' ') }) };
  return refuse('bearer/insufficient-authentication', { acr, authTime, jti }, wire); // RSV-05
}

/** What the scopes of an operation ask of the sign-on. */
export function needsOfScopes(
  scopes: ScopeSet,
  { signOnByScope = {} }: OperationSignOn,
): readonly AuthenticationNeeds[] {
  return scopes.flatMap((scope) => own(signOnByScope, scope) ?? []);
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
