import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ok,
  type PlainHeaders,
  parseStrictJson,
  type Result,
  refuse,
} from '@crossgrant/protocol';

/** One operation that a JSON-RPC body asks for: a method, and the tool, prompt or resource that it names. */
export interface McpOperation {
  readonly method: string;
  readonly name: string | undefined;
}

export interface McpMessage {
  /** The body, read once and strictly; hand this on instead of reading the text again. */
  readonly body: JsonValue;
  readonly operations: readonly McpOperation[];
}

const maximumBatch = 64;
const messageDepth = 64;

/** Which member of `params` names the target of a method, as the headers repeat it. MCP 2026-07-28 transports. */
const targetMembers: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * Reads what a JSON-RPC body asks for: every member of a batch, from strict JSON, so that nobody behind sees another method
 * or tool than was judged. Headers that repeat method or name must say the same as the body.
 *
 * JSON-RPC 2.0 §4 and §6, MCP 2026-07-28 transports.
 */
export function readMcpMessage(body: string, headers: PlainHeaders): Result<McpMessage> {
  const parsed = parseStrictJson(body, { maxDepth: messageDepth });
  if (!parsed.ok) return refuse('bearer/message-malformed', { ...parsed.refusal });
  const members: readonly JsonValue[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (members.length === 0 || members.length > maximumBatch) return refuse('bearer/message-malformed'); // MCP-13

  const operations: McpOperation[] = [];
  for (const member of members) {
    const operation = readMember(member);
    if (!operation.ok) return operation;
    if (!agreesWithHeaders(operation.value, headers)) return refuse('bearer/message-mismatch', { ...operation.value }); // LES-89
    if (operation.value !== undefined) operations.push(operation.value);
  }
  return ok({ body: parsed.value, operations });
}

/** A request or notification has a method; a response to the server's own request has none, and asks for nothing. */
function readMember(member: JsonValue): Result<McpOperation | undefined> {
  if (!isJsonObject(member)) return refuse('bearer/message-malformed'); // MCP-13
  const { method, params } = member;
  if (method === undefined && (member.result ?? member.error) !== undefined) return ok(undefined);
  if (typeof method !== 'string' || method === '') return refuse('bearer/message-malformed'); // MCP-13
  return readTarget(method, isJsonObject(params) ? params : undefined);
}

function readTarget(method: string, params: JsonObject | undefined): Result<McpOperation> {
  const member = targetMembers.get(method);
  if (member === undefined) return ok({ method, name: undefined });
  const name = params?.[member];
  if (typeof name !== 'string') return refuse('bearer/message-malformed', { method }); // MCP-13
  return ok({ method, name });
}

function agreesWithHeaders(operation: McpOperation | undefined, headers: PlainHeaders): boolean {
  if (!headers.all('mcp-method').every((value) => value === operation?.method)) return false; // LES-89
  return headers.all('mcp-name').every((value) => decodeHeaderValue(value) === operation?.name); // LES-89
}

const encodedStart = '=?base64?';
const encodedEnd = '?=';

/** Values that a header cannot hold come as `=?base64?…?=`. Undefined when that is broken; then it agrees with nothing. */
function decodeHeaderValue(value: string): string | null {
  if (!value.startsWith(encodedStart) || !value.endsWith(encodedEnd)) return value;
  const text = value.slice(encodedStart.length, -encodedEnd.length);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return null;
  return bytes.toString('utf8');
}
