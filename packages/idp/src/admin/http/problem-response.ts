import type { PlainResponse } from '@crossgrant/protocol';
import { type Problem, problemCatalogue } from '../domain/problem.ts';

/** A no of the admin API. RFC 9457 §3. */
export function problemResponse(
  problem: Problem,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): PlainResponse {
  const { status, title } = problemCatalogue[problem.code];
  const { code, detail, errors } = problem;
  const type = `urn:crossgrant:problem:${code.replace('/', ':')}`;
  return {
    status,
    headers: { ...answerHeaders(id), 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type, title, status, code, detail, errors, id }),
  };
}

/** Of every answer: nobody keeps it, no page of another origin reads it, and it names its id. */
export function answerHeaders(id: string): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'crossgrant-id': id,
  };
}
