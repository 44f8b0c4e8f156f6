import type { RefusalCode } from '@crossgrant/protocol';
import { refusalEntry } from '@crossgrant/protocol';
import { expect } from 'vitest';
import { bodyOf, tokenRequest, type World } from './support.ts';

type RequestOptions = Parameters<typeof tokenRequest>[1];

/** Redeems, and expects exactly this refusal inside (in the audit row) and its catalogue wording outside. */
export async function expectRefusal(
  world: World,
  assertion: string,
  code: RefusalCode,
  options?: RequestOptions,
): Promise<void> {
  const response = await world.server.token(tokenRequest(assertion, options));
  expectRefused(response, code);
  expect(world.audit.at(-1)?.code).toBe(code);
}

/** Expects the wire form of a refusal: the fixed sentence and an id, and nothing that tells which check failed. */
export function expectRefused(response: Parameters<typeof bodyOf>[0], code: RefusalCode): void {
  const entry = refusalEntry(code);
  const body = bodyOf(response);
  expect({ status: response.status, error: body.error }).toEqual({ status: entry.status, error: entry.error });
  expect(String(body.error_description)).toMatch(
    new RegExp(`^${entry.sentence.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')} \\[aud_[0-9a-z]{26}\\]$`),
  );
  expect(Object.keys(body).filter((name) => !['error', 'error_description', 'error_uri'].includes(name))).toEqual([]);
  expect(response.headers['cache-control']).toBe('no-store');
}

export async function redeemed(
  world: World,
  assertion: string,
  options?: RequestOptions,
): Promise<Record<string, unknown>> {
  const response = await world.server.token(tokenRequest(assertion, options));
  expect({
    status: response.status,
    audit: world.audit.at(-1)?.code,
    body: response.status === 200 ? '' : response.body,
  }).toEqual({ status: 200, audit: undefined, body: '' });
  return bodyOf(response);
}
