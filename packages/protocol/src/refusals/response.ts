import { jsonResponse, type PlainResponse } from '../http.ts';
import type { Refusal } from '../result.ts';
import { refusalEntry } from './catalogue.ts';

export interface RefusalContext {
  /** Decision id and correlation id in one; it joins response, log, audit and the explain page. */
  readonly id: string;
  readonly explainUrl?: string;
  readonly wwwAuthenticate?: string;
}

/**
 * The response to a refusal: the fixed sentence of its code and the id, and nothing that tells which check failed.
 * The detail stays inside.
 *
 * RFC 6749 §5.2.
 */
export function refusalResponse(refusal: Refusal, context: RefusalContext): PlainResponse {
  const entry = refusalEntry(refusal.code);
  const { dpop_nonce: nonce, ...members } = refusal.wire ?? {};
  const body = {
    error: entry.error,
    error_description: `${entry.sentence} [${context.id}]`, // RED-32, TEX-27
    error_uri: explainPage(context),
    ...members, // STP-01
  };
  const headers: Record<string, string> = {};
  if (context.wwwAuthenticate !== undefined) headers['www-authenticate'] = context.wwwAuthenticate;
  if (nonce !== undefined) headers['dpop-nonce'] = nonce;
  return jsonResponse(entry.status, body, headers);
}

/** The response to a fault of ours or of something we depend on: the id and nothing else. */
export function faultResponse(kind: 'server_error' | 'temporarily_unavailable', id: string): PlainResponse {
  const status = kind === 'server_error' ? 500 : 503;
  const sentence =
    kind === 'server_error' ? 'Something went wrong here' : 'The service is not available for the moment';
  const headers: Record<string, string> = kind === 'server_error' ? {} : { 'retry-after': '5' };
  return jsonResponse(status, { error: kind, error_description: `${sentence} [${id}]` }, headers);
}

function explainPage(context: RefusalContext): string | undefined {
  return context.explainUrl === undefined ? undefined : `${context.explainUrl}/${encodeURIComponent(context.id)}`;
}
