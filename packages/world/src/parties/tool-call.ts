import type { CrossgrantClient } from '@crossgrant/client';
import { isCrossgrantError } from '@crossgrant/client';
import { announceEnterpriseManaged, crossgrantFetch } from '@crossgrant/client/mcp';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Failure, Hop } from '../report/hop.ts';
import { SignOnRefused } from '../robot/sign-on-robot.ts';

export interface ToolCall {
  readonly session: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly scopes?: readonly string[];
}

/**
 * Calls one tool with the official MCP client; every request of its transport goes through the Crossgrant client.
 *
 * The hop tells the result or the failure, and never throws for a refusal.
 */
export async function callTool(client: CrossgrantClient, call: ToolCall, fetchImpl?: typeof fetch): Promise<Hop> {
  const started = performance.now();
  const hop = {
    stage: 'call' as const,
    url: call.server,
    asked: { tool: call.tool, arguments: JSON.stringify(call.arguments) },
    answered: {},
  };
  const mcp = new Client(
    { name: 'crossgrant-sample-app', version: '0.1.0' },
    { capabilities: announceEnterpriseManaged({}) },
  );
  try {
    const transportFetch = crossgrantFetch(client, { session: call.session, url: call.server, scopes: call.scopes });
    await mcp.connect(new StreamableHTTPClientTransport(new URL(call.server), { fetch: fetchImpl ?? transportFetch }));
    const result = await mcp.callTool({ name: call.tool, arguments: { ...call.arguments } });
    const isDone = result.isError !== true;
    const content = result.structuredContent ?? result.content;
    const failure = isDone
      ? undefined
      : { error: 'tool_error', sentence: JSON.stringify(result.content).slice(0, 500) };
    return { ...hop, isDone, at: Date.now(), milliseconds: performance.now() - started, result: content, failure };
  } catch (error) {
    return {
      ...hop,
      isDone: false,
      at: Date.now(),
      milliseconds: performance.now() - started,
      failure: toFailure(error),
    };
  } finally {
    await mcp.close().catch(() => undefined);
  }
}

/** The reason of a failure, wherever the layers above put it. */
export function toFailure(error: unknown): Failure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isCrossgrantError(cause)) {
      return { error: cause.oauth?.error ?? cause.code, sentence: cause.message, id: cause.decisionId };
    }
  }
  return {
    error: error instanceof SignOnRefused ? '' : error instanceof Error ? error.name : 'error',
    sentence: error instanceof Error ? error.message : String(error),
  };
}
