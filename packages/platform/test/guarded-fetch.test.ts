import { gzipSync } from 'node:zlib';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { createGuardedFetch, OutboundFailure } from '../src/index.ts';
import { withOrigin } from './origin.ts';

const development = createGuardedFetch({ development: true });
const names = ['keys.example'];

async function problemOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof OutboundFailure ? error.problem : `no OutboundFailure: ${String(error)}`;
}

test('an answer comes back with status, headers, text and the address it came from', async () => {
  await withOrigin(
    (request, response) => {
      response.writeHead(201, { 'x-seen': `${request.method} ${request.headers['content-type']}` });
      request.pipe(response);
    },
    async ({ port }) => {
      const answer = await development(`http://127.0.0.1:${port}/x`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/plain' },
        body: 'héllo',
      });
      expect(answer).toMatchObject({ status: 201, text: 'héllo', finalAddress: '127.0.0.1' });
      expect(answer.headers['x-seen']).toBe('POST text/plain');
    },
  );
});

verifies(['KEY-03', 'BCP-05', 'CID-06'], 'plain http is for loopback in development alone', async () => {
  await withOrigin(
    (_request, response) => void response.end('ok'),
    async ({ port, connections }) => {
      const production = createGuardedFetch();
      expect(await problemOf(production(`http://127.0.0.1:${port}/`))).toBe('url');
      expect(await problemOf(createGuardedFetch({ allowedRanges: ['127.0.0.0/8'] })(`http://127.0.0.1:${port}/`))).toBe(
        'url',
      );
      expect(await problemOf(production('ftp://127.0.0.1/'))).toBe('url');
      expect(await problemOf(production('https://user:secret@example.com/'))).toBe('url');
      const elsewhere = createGuardedFetch({ development: true, resolve: async () => ['8.8.8.8'] });
      expect(await problemOf(elsewhere('http://public.example/'))).toBe('address');
      expect(connections()).toBe(0);
      expect((await development(`http://localhost:${port}/`)).text).toBe('ok');
    },
  );
});

verifies(
  ['ATK-16', 'LES-42', 'CID-06', 'KEY-03', 'LES-40'],
  'no spelling of an inner address opens a socket',
  async () => {
    await withOrigin(
      (_request, response) => void response.end('secret'),
      async ({ port, connections }) => {
        const fetch = createGuardedFetch();
        const hosts = [
          '127.0.0.1',
          '127.1',
          '2130706433',
          '0x7f.1',
          '0177.0.0.1',
          '[::1]',
          '[::ffff:127.0.0.1]',
          '[::ffff:7f00:1]',
          '[::7f00:1]',
          '0.0.0.0',
          '[::]',
          '169.254.169.254',
          '[64:ff9b::7f00:1]',
          '[2002:7f00:1::]',
          '10.0.0.1',
          '192.168.0.1',
          '[fe80::1]',
          '[fd00:ec2::254]',
        ];
        for (const host of hosts) expect(await problemOf(fetch(`https://${host}:${port}/`)), host).toBe('address');
        expect(await problemOf(createGuardedFetch({ development: true })(`https://10.0.0.1:${port}/`))).toBe('address');
        expect(connections()).toBe(0);
      },
    );
  },
);

verifies(
  ['LES-41', 'ATK-16', 'CID-06'],
  'a name is resolved, checked and connected to in one step, at every use',
  async () => {
    await withOrigin(
      (_request, response) => void response.end('ok'),
      async ({ port, cert, connections }) => {
        let calls = 0;
        const answers = [
          ['127.0.0.1'],
          ['169.254.169.254'],
          ['10.0.0.1', '127.0.0.1'],
          ['127.0.0.1', '10.0.0.1'],
          [],
          ['not an address'],
        ];
        const resolve = async (): Promise<string[]> => answers[calls++] ?? [];
        const fetch = createGuardedFetch({ allowedRanges: ['127.0.0.0/8'], resolve, certificateAuthorities: [cert] });
        const url = `https://keys.example:${port}/`;
        expect((await fetch(url)).finalAddress).toBe('127.0.0.1');
        expect(calls).toBe(1);
        for (let index = 1; index < answers.length; index += 1) expect(await problemOf(fetch(url))).toBe('address');
        expect(calls).toBe(answers.length);
        expect(connections()).toBe(1);
      },
      names,
    );
  },
);

verifies('LES-42', 'a cloud metadata name is refused for where it leads', async () => {
  const fetch = createGuardedFetch({ resolve: async () => ['169.254.169.254'] });
  expect(await problemOf(fetch('https://metadata.google.internal/computeMetadata/v1/'))).toBe('address');
});

verifies('LES-41', 'proxies of the environment are not asked', async () => {
  await withOrigin(
    (_request, response) => void response.end('proxied'),
    async ({ port, connections }) => {
      const before = { ...process.env };
      const proxy = `http://127.0.0.1:${port}`;
      Object.assign(process.env, {
        HTTPS_PROXY: proxy,
        https_proxy: proxy,
        HTTP_PROXY: proxy,
        ALL_PROXY: proxy,
        NODE_USE_ENV_PROXY: '1',
      });
      try {
        expect(await problemOf(createGuardedFetch()('https://10.0.0.1/'))).toBe('address');
        expect(connections()).toBe(0);
      } finally {
        for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])
          delete process.env[name];
        Object.assign(process.env, before);
      }
    },
  );
});

verifies(['LES-43', 'KEY-03', 'CID-06'], 'a redirect is a failure, and its target hears nothing', async () => {
  await withOrigin(
    (_request, response) => void response.end('target'),
    async (target) => {
      for (const status of [301, 302, 303, 304, 307, 308]) {
        await withOrigin(
          (_request, response) =>
            void response.writeHead(status, { location: `http://127.0.0.1:${target.port}/` }).end(),
          async ({ port }) => {
            const init = { method: 'POST', headers: { authorization: 'Bearer abc' }, body: 'x' };
            expect(await problemOf(development(`http://127.0.0.1:${port}/`, init)), String(status)).toBe('redirect');
          },
        );
      }
      expect(target.connections()).toBe(0);
    },
  );
});

verifies('LES-43', 'a small answer that would inflate is refused, and identity is always asked', async () => {
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
  let asked: string | undefined;
  await withOrigin(
    (request, response) => {
      asked = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    },
    async ({ port }) => {
      expect(
        await problemOf(development(`http://127.0.0.1:${port}/`, { headers: { 'Accept-Encoding': 'gzip' } })),
      ).toBe('encoding');
      expect(asked).toBe('identity');
    },
  );
});

verifies(['KEY-03', 'CID-06'], 'an answer beyond the limit is cut off while it arrives', async () => {
  let sent = 0;
  await withOrigin(
    (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = (): void => {
        while (sent < 64 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    },
    async ({ port }) => {
      expect(await problemOf(development(`http://127.0.0.1:${port}/`))).toBe('too-large');
      expect(sent).toBeLessThan(32 * 1024 * 1024);
      expect(await problemOf(development(`http://127.0.0.1:${port}/`, { maxBytes: 5_120 }))).toBe('too-large');
    },
  );
});

verifies(['KEY-03', 'CID-06'], 'a server that is silent or trickles costs no more than the time limit', async () => {
  await withOrigin(
    (request, response) => {
      if (request.url === '/silent') return;
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    },
    async ({ port }) => {
      const start = performance.now();
      expect(await problemOf(development(`http://127.0.0.1:${port}/silent`, { timeoutMs: 150 }))).toBe('timeout');
      expect(await problemOf(development(`http://127.0.0.1:${port}/trickle`, { timeoutMs: 150 }))).toBe('timeout');
      expect(performance.now() - start).toBeLessThan(3_000);
    },
  );
});

verifies('BCP-05', 'the certificate must be for the name that was asked and from a known authority', async () => {
  await withOrigin(
    (_request, response) => void response.end('ok'),
    async ({ port, cert }) => {
      const options = { allowedRanges: ['127.0.0.0/8'], resolve: async () => ['127.0.0.1'] };
      expect(await problemOf(createGuardedFetch(options)(`https://keys.example:${port}/`))).toBe('network');
      const fetch = createGuardedFetch({ ...options, certificateAuthorities: [cert] });
      expect((await fetch(`https://keys.example:${port}/`)).status).toBe(200);
      expect(await problemOf(fetch(`https://other.example:${port}/`))).toBe('network');
    },
    names,
  );
});

test('a range that cannot be read is misuse', () => {
  expect(() => createGuardedFetch({ allowedRanges: ['10/8'] })).toThrow(
    expect.objectContaining({ code: 'address/range' }),
  );
});

test('a dead server and an unknown name are network failures', async () => {
  expect(await problemOf(development('http://127.0.0.1:9/'))).toBe('network');
  const fetch = createGuardedFetch({ resolve: async () => Promise.reject(new Error('NXDOMAIN')) });
  expect(await problemOf(fetch('https://nowhere.example/'))).toBe('network');
  expect(await problemOf(fetch('no url'))).toBe('url');
});
