import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { createOutbound } from './outbound.ts';

verifies('CLI-11', 'nothing leaves for an address that is not https, and no redirect is followed', async () => {
  const asked: string[] = [];
  const fetch = (url: string): Promise<Response> => {
    asked.push(url);
    return Promise.resolve(new Response(null, { status: 307, headers: { location: 'https://evil.example/' } }));
  };
  const outbound = createOutbound({ fetch, development: false, timeoutMs: 1_000, maxBytes: 100 });
  for (const url of [
    'http://idp.example/token',
    'http://127.0.0.1/token',
    'ftp://idp.example/',
    'file:///etc/passwd',
  ]) {
    await expect(outbound.send('exchange', url, {})).rejects.toMatchObject({ stage: 'exchange' });
    await expect(outbound.stream(url, {})).rejects.toMatchObject({ stage: 'call' });
  }
  expect(asked).toEqual([]);
  await expect(outbound.send('exchange', 'https://idp.example/token', {})).rejects.toMatchObject({ stage: 'exchange' });
  expect(asked).toEqual(['https://idp.example/token']);
});
