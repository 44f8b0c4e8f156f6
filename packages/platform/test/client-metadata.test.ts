import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateSigningKey } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, onTestFinished } from 'vitest';
import { type ClientKeysChanged, createClientMetadataResolver, createGuardedFetch } from '../src/index.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A host of documents on loopback, a resolver with a clock of its own, and what was asked. */
async function start(options: { development?: boolean } = {}) {
  const asked: IncomingMessage[] = [];
  const changes: ClientKeysChanged[] = [];
  const problems: string[] = [];
  let answer: Answer = (_request, response) => void response.writeHead(404).end();
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { development = true } = options;
  let now = 1_795_478_400_000;
  const resolver = createClientMetadataResolver({
    fetch: createGuardedFetch({ development }),
    clock: () => now,
    development,
    onKeysChanged: (change) => changes.push(change),
    onProblem: (_clientId, problem) => problems.push(problem),
  });
  const url = `${origin}/client.json`;
  return {
    origin,
    url,
    asked,
    changes,
    problems,
    resolver,
    pass: (seconds: number) => {
      now += seconds * 1_000;
    },
    answers: (next: Answer) => {
      answer = next;
    },
    /** Serves a sound document, changed and with headers. */
    serves(changes: object = {}, headers: Record<string, string> = {}) {
      answer = (request, response) =>
        void response
          .writeHead(200, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify({ ...sound(`${origin}${request.url}`), ...changes }));
    },
    outcome: async (clientId = url): Promise<string> => {
      const result = await resolver.resolve(clientId);
      return result.ok ? result.value.name : `${result.refusal.code} ${problems.at(-1) ?? ''}`.trim();
    },
  };
}

const sound = (clientId: string) => ({
  client_id: clientId,
  client_name: 'Agent',
  redirect_uris: ['https://agent.example/cb'],
  token_endpoint_auth_method: 'none',
});

verifies(
  ['CID-05', 'CID-06'],
  'a document is asked for plainly, once, and only a 200 with JSON about itself counts',
  async () => {
    const host = await start();
    expect(await host.outcome()).toBe('client/metadata its URL answered 404');
    host.serves();
    expect(await host.outcome()).toBe('Agent');
    const { headers, method } = host.asked.at(-1) as IncomingMessage;
    expect(method).toBe('GET');
    expect(headers).toMatchObject({ accept: 'application/json', 'user-agent': 'crossgrant' });
    expect(headers.cookie ?? headers.authorization).toBeUndefined();

    const refused: readonly [Answer, RegExp][] = [
      [(_q, r) => void r.writeHead(302, { location: `${host.origin}/other` }).end(), /redirects/],
      [(_q, r) => void r.writeHead(204).end(), /answered 204/],
      [(_q, r) => void r.writeHead(200, { 'content-type': 'text/html' }).end('{}'), /else than JSON/],
      [(_q, r) => void r.writeHead(200, { 'content-type': 'application/json' }).end('['), /strict JSON/],
      [
        (_q, r) => void r.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(5_120)}"`),
        /too much/,
      ],
      [
        (q, r) =>
          void r
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify(sound(`${host.origin}/x${q.url}`))),
        /client_id/,
      ],
    ];
    for (const [index, [answer, problem]] of refused.entries()) {
      host.answers(answer);
      expect(await host.outcome(`${host.origin}/refused-${index}`)).toMatch(problem);
    }
  },
);

verifies('CID-06', 'outside development, neither http nor a loopback address is asked', async () => {
  const host = await start({ development: false });
  host.serves();
  expect(await host.outcome()).toBe('client/metadata');
  expect(await host.outcome(host.url.replace('http:', 'https:'))).toMatch(/^client\/metadata .+/);
  expect(await host.outcome('https://localhost/client.json')).toMatch(/^client\/metadata .+/);
  expect(host.asked).toEqual([]);
});

verifies(
  'CID-07',
  'a document is kept as long as its server says, a minute at least and a day at most, and a failure never',
  async () => {
    const host = await start();
    expect(await host.outcome()).toContain('404');
    host.serves({}, { 'cache-control': 'no-store' });
    expect(await host.outcome()).toBe('Agent');
    host.pass(59);
    expect(await host.outcome()).toBe('Agent');
    expect(host.asked).toHaveLength(2);
    host.serves({ client_name: 'Later' }, { 'cache-control': 'max-age=99999999' });
    host.pass(1);
    expect(await host.outcome()).toBe('Later');
    host.serves({ client_name: 'Latest' });
    host.pass(86_399);
    expect(await host.outcome()).toBe('Later');
    host.pass(1);
    expect(await host.outcome()).toBe('Latest');
    host.answers((_request, response) => void response.writeHead(410).end());
    host.pass(60);
    expect(await host.outcome()).toContain('410');
    host.serves();
    expect(await host.outcome()).toBe('Agent');
  },
);

verifies('CID-07', 'a host that cannot be reached leaves the last good document, for a day', async () => {
  const host = await start();
  host.serves();
  expect(await host.outcome()).toBe('Agent');
  host.answers((_request, response) => void response.writeHead(503).end());
  host.pass(3_600);
  expect(await host.outcome()).toBe('Agent');
  host.pass(86_400);
  expect(await host.outcome()).toContain('503');
});

verifies('CID-07', 'a document that went wrong leaves no good one behind it', async () => {
  const host = await start();
  host.serves();
  expect(await host.outcome()).toBe('Agent');
  host.serves({ redirect_uris: [] });
  host.pass(3_600);
  expect(await host.outcome()).toContain('redirect_uris');
  host.answers((_request, response) => void response.writeHead(503).end());
  host.pass(60);
  expect(await host.outcome()).toContain('503');
});

verifies('CID-08', 'a client of keys whose document holds none that is usable is no client', async () => {
  const host = await start();
  for (const keys of [[], [{ kty: 'EC', crv: 'P-192', x: 'AA', y: 'AA' }]]) {
    host.serves({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } });
    host.pass(60);
    expect(await host.outcome()).toMatch(/usable key/);
  }
});

verifies(['CID-09', 'ATK-58'], 'other keys are told of, and a removed one is gone with the refresh', async () => {
  const host = await start();
  const [first, second] = [generateSigningKey('ES256', 'k1'), generateSigningKey('ES256', 'k2')];
  const serve = (...keys: (typeof first)[]) =>
    host.serves({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: keys.map((key) => key.publicJwk) } });
  const finds = async (kid: string): Promise<number> => {
    const result = await host.resolver.resolve(host.url);
    return result.ok ? ((await result.value.assertionKeys?.find(kid, 'ES256'))?.length ?? 0) : -1;
  };
  serve(first);
  expect(await finds('k1')).toBe(1);
  serve(second);
  host.pass(59);
  expect([await finds('k1'), await finds('k2'), host.changes.length]).toEqual([1, 0, 0]);
  host.pass(1);
  expect([await finds('k1'), await finds('k2')]).toEqual([0, 1]);
  expect(host.changes).toEqual([{ clientId: host.url, added: ['k2'], removed: ['k1'] }]);
});

verifies(
  'LES-45',
  'many who ask at once cause one fetch, and many documents of one host cost a bounded number',
  async () => {
    const host = await start();
    host.serves();
    const parallel = await Promise.all(Array.from({ length: 30 }, () => host.outcome()));
    expect(new Set(parallel)).toEqual(new Set(['Agent']));
    expect(host.asked).toHaveLength(1);

    for (let one = 0; one < 100; one += 1) await host.resolver.resolve(`${host.origin}/${one}`);
    expect(host.asked).toHaveLength(20);
    for (let minutes = 0; minutes < 5; minutes += 1) {
      host.pass(60);
      for (let one = 0; one < 30; one += 1) await host.resolver.resolve(`${host.origin}/${minutes}/${one}`);
    }
    expect(host.asked).toHaveLength(120);
    expect(host.resolver.size).toBeLessThanOrEqual(20);
  },
);

verifies(['CID-04', 'LES-45'], 'a URL that is no client id is refused before anything is asked', async () => {
  const host = await start();
  host.serves();
  for (const suffix of ['?', '#', '?a=1', '/../x'])
    expect(await host.outcome(`${host.url}${suffix}`)).toBe('client/metadata');
  expect(host.asked).toEqual([]);
});
