import { mcp } from '@crossgrant/protocol';

/** The capabilities of an MCP client, as far as they matter here. */
interface WithExtensions {
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * Adds the announcement of enterprise-managed authorization to the capabilities of a client. The official MCP client
 * sends them in `initialize`, and from revision 2026-07-28 on in the `_meta` of every request.
 *
 * MCP extensions overview, MCP-EMA §3.
 */
export function announceEnterpriseManaged<T extends WithExtensions>(
  capabilities: T = {} as T,
): T & { readonly extensions: Record<string, Record<string, never>> } {
  const extensions = { ...(capabilities.extensions as Record<string, Record<string, never>> | undefined) };
  extensions[mcp.enterpriseManagedAuthorization] = {}; // MCP-05
  return { ...capabilities, extensions };
}

/** A JSON-RPC message, as far as it matters here. */
interface Message {
  readonly method?: string;
  readonly id?: unknown;
  readonly params?: unknown;
}

/**
 * The same for clients that write their messages themselves: the message to send in place of the given one. Up to
 * revision 2025-11-25 `initialize` announces, later every request does; other messages stay as they are.
 *
 * MCP extensions overview, MCP 2026-07-28 base protocol.
 */
export function announceInMessage<T extends Message>(message: T, revision: string): T {
  const params = recordOf(message.params);
  if (revision < mcp.perRequestRevision) {
    if (message.method !== 'initialize') return message;
    return {
      ...message,
      params: { ...params, capabilities: announceEnterpriseManaged(recordOf(params.capabilities)) },
    }; // MCP-05
  }
  if (message.method === undefined || message.id === undefined) return message;
  const meta = recordOf(params._meta);
  const announced = announceEnterpriseManaged(recordOf(meta[mcp.clientCapabilities]));
  return { ...message, params: { ...params, _meta: { ...meta, [mcp.clientCapabilities]: announced } } }; // MCP-05
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
