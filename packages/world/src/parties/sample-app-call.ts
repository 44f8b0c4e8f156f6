import { type CrossgrantClient, type CrossgrantFailure, isCrossgrantError } from '@crossgrant/client';
import { crossgrantFetch } from '@crossgrant/client/mcp';
import type { Hop } from '../report/hop.ts';
import { callTool, type ToolCall } from './tool-call.ts';

export interface WatchedCall {
  readonly hop: Hop;
  /** What the client reported, before the layers above it put it into words of their own. */
  readonly failure: CrossgrantFailure | undefined;
}

/** Calls a tool, and tells a failure of the client as well, with the page that explains it. */
export async function callWatched(client: CrossgrantClient, call: ToolCall): Promise<WatchedCall> {
  const { session, server, scopes } = call;
  const inner = crossgrantFetch(client, { session, url: server, scopes });
  let failure: CrossgrantFailure | undefined;
  const watched: typeof fetch = async (input, init) => {
    try {
      return await inner(input instanceof Request ? input.url : input, init);
    } catch (error) {
      if (isCrossgrantError(error)) failure = error;
      throw error;
    }
  };
  return { hop: await callTool(client, call, watched), failure };
}

/** A JSON object, or nothing. */
export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
