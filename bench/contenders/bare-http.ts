import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJwks, parseCompactJws, verifyJws } from '@crossgrant/protocol/jws';
import { type ContenderStart, clientSecret } from '../scenario.ts';

export type BareAnswer = { readonly ok: true; readonly body: string } | { readonly ok: false };

/** The client that may use the endpoint. */
export interface BareClient {
  readonly clientId: string;
  readonly start: Pick<ContenderStart, 'scenario' | 'clientJwks'>;
}

/** The `jti` of the client's assertion, which must be used up; undefined where a secret was right. */
export type BareProof = { readonly jti: string | undefined };

type BareGrant = (form: URLSearchParams, proof: BareProof, done: (answer: BareAnswer) => void) => void;

/**
 * A token endpoint that does nothing it could leave out: reads the form, compares the hash of the client's secret or
 * verifies its assertion, and answers with what `grant` yields. There is no routing, no limit, no policy, no log.
 */
export async function serveBare(
  client: BareClient,
  grant: BareGrant,
): Promise<{ port: number; close(): Promise<void> }> {
  const prove = client.start.scenario.clientAuth === 'private_key_jwt' ? assertionCheck(client) : secretCheck(client);
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const form = new URLSearchParams(body);
      const proof = prove(form, request.headers.authorization ?? '');
      const done = (answer: BareAnswer): void => {
        const text = answer.ok ? answer.body : '{"error":"invalid_grant"}';
        response.writeHead(answer.ok ? 200 : 400, {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          'content-length': Buffer.byteLength(text),
        });
        response.end(text);
      };
      if (proof === undefined) done({ ok: false });
      else grant(form, proof, done);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

type Check = (form: URLSearchParams, authorization: string) => BareProof | undefined;

function secretCheck({ clientId }: BareClient): Check {
  const secretHash = sha256(clientSecret);
  return (_form, authorization) => {
    const [id, secret] = Buffer.from(authorization.slice(6), 'base64').toString().split(':');
    const isRight = id === clientId && timingSafeEqual(sha256(secret ?? ''), secretHash);
    return isRight ? { jti: undefined } : undefined;
  };
}

function assertionCheck({ clientId, start }: BareClient): Check {
  const { keys } = importJwks(start.clientJwks);
  return (form) => {
    const parsed = parseCompactJws(form.get('client_assertion') ?? '');
    const verified = parsed.ok ? verifyJws(parsed.value, keys, ['ES256']) : parsed;
    if (!verified.ok || verified.value.payload.iss !== clientId) return undefined;
    return { jti: String(verified.value.payload.jti) };
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
