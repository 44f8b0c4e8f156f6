import { createHash, randomBytes } from 'node:crypto';
import { freePorts, verifies } from '@crossgrant/testkit';
import { signOnAsPerson } from '@crossgrant/world';
import { expect, test, vi } from 'vitest';
import { commandScript, run, worldOf } from '../main/world-files.ts';

vi.setConfig({ testTimeout: 90_000 });

const callback = 'http://127.0.0.1:9/callback';
const ras = 'https://auth.wiki.example';
const wiki = 'https://wiki.example/mcp';

interface Deployment {
  readonly file: string;
  readonly idp: string;
  readonly token: string;
  api(
    method: string,
    path: string,
    body?: object,
    etag?: string,
  ): Promise<{ status: number; etag: string; body: Body }>;
}

// biome-ignore lint/suspicious/noExplicitAny: the body of an answer, looked into by the test
type Body = any;

/** A company with one person and no policy at all, and an owner's token made before the first start. */
async function deployment(): Promise<Deployment> {
  const [idpPort, adminPort] = await freePorts(2);
  const idp = `http://127.0.0.1:${idpPort}`;
  const { file } = worldOf(`development: true
idp:
  issuer: ${idp}
  listen: 127.0.0.1:${idpPort}
  database: ./data/idp.db
  keyFile: ./data/idp.key
  admin: { listen: 127.0.0.1:${adminPort} }
  people:
    - { username: alice, email: alice@acme.example, password: alice-sample-password, groups: [engineering] }
`);
  const created = await run(commandScript, [
    ...['admin', 'token', 'create', '--world', file],
    ...['--role', 'owner', '--expires', '1h', '--name', 'Ana Ruiz'],
  ]).ended;
  expect(created.code, created.output).toBe(0);
  const token = /cg_admin_[\w-]{43}/.exec(created.output)?.[0] ?? '';
  await run(commandScript, ['idp', '--world', file]).until(
    `Its admin API is at http://127.0.0.1:${adminPort}/admin/v1.`,
  );
  return {
    file,
    idp,
    token,
    async api(method, path, body, etag) {
      const response = await fetch(`http://127.0.0.1:${adminPort}/admin/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(etag === undefined ? {} : { 'if-match': etag }),
        },
        body: body && JSON.stringify(body),
      });
      return { status: response.status, etag: response.headers.get('etag') ?? '', body: await response.json() };
    },
  };
}

/** Signs Alice on with the client app and returns her ID token. */
async function signOn(idp: string, client: { clientId: string; secret: string }): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const authorizeUrl = new URL(`${idp}/authorize`);
  authorizeUrl.search = new URLSearchParams({
    client_id: client.clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    state: 'state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const answered = await signOnAsPerson({
    authorizeUrl: authorizeUrl.href,
    username: 'alice',
    password: 'alice-sample-password',
  });
  const { body } = await token(idp, client, {
    grant_type: 'authorization_code',
    code: new URL(answered).searchParams.get('code') ?? '',
    redirect_uri: callback,
    code_verifier: verifier,
  });
  return body.id_token;
}

async function token(
  idp: string,
  { clientId, secret }: { clientId: string; secret: string },
  form: Record<string, string>,
): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${idp}/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, client_id: clientId, client_secret: secret }),
  });
  return { status: response.status, body: await response.json() };
}

verifies(
  ['ADM-02', 'ADM-04'],
  'an administrator builds a policy by API, an exchange follows it, and the block of a connection is the next answer',
  async () => {
    const { api, idp, file } = await deployment();
    const client = await api('POST', '/client-apps', {
      clientId: 'robot',
      name: 'Robot',
      redirectUris: [callback],
      authMethods: ['client_secret_post'],
      reason: 'pilot of the wiki',
    });
    expect(client.status).toBe(201);
    const app = await api('POST', '/resource-apps', {
      key: 'wiki',
      name: 'Wiki',
      issuer: ras,
      resources: [{ identifier: wiki, scopes: { 'wiki.read': { risk: 'read' } } }],
    });
    expect(app.status).toBe(201);
    const connection = await api('POST', '/connections', {
      clientApp: client.body.id,
      resourceApp: app.body.id,
      resourceClientId: 'robot-at-wiki',
      scopes: ['wiki.read'],
    });
    expect([connection.status, connection.body.state]).toEqual([201, 'pending']);
    const path = `/connections/${connection.body.id}`;
    const rule = { key: 'engineers-read', effect: 'allow', groups: ['engineering'], connections: [connection.body.id] };
    expect((await api('POST', '/rules', rule)).status).toBe(201);

    const idToken = await signOn(idp, client.body);
    const exchange = (): ReturnType<typeof token> =>
      token(idp, client.body, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        subject_token: idToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        audience: ras,
        resource: wiki,
        scope: 'wiki.read',
      });
    expect((await exchange()).body.error).toBe('access_denied');
    expect((await api('POST', `${path}/approve`, { reason: 'SEC-118' }, connection.etag)).body.state).toBe('approved');
    const allowed = await exchange();
    expect([allowed.status, allowed.body.scope]).toEqual([200, 'wiki.read']);

    const { body: decisions } = await api('GET', '/decisions?client=robot&outcome=allow&scope=wiki.read');
    expect(decisions.items).toHaveLength(1);
    const { id, jti, person } = decisions.items[0];
    expect(person.username).toBe('alice');
    expect((await api('GET', `/issuances/${jti}`)).body).toMatchObject({ decision: id, scopes: ['wiki.read'] });
    const { body: explained } = await api('GET', `/decisions/${id}`);
    const printed = (await run(commandScript, ['explain', id, '--world', file]).ended).output;
    for (const { label, value } of explained.explanation) {
      expect(printed).toContain(label);
      expect(printed.replace(/\s+/g, '')).toContain(value.replace(/\s+/g, ''));
    }

    expect((await api('POST', `${path}/block`, { reason: 'incident 7' })).body.state).toBe('blocked');
    const denied = await exchange();
    expect([denied.status, denied.body.error]).toEqual([400, 'access_denied']);
    const { body: changes } = await api('GET', '/changes?code=connection/blocked');
    expect(changes.items[0]).toMatchObject({
      actorName: 'Ana Ruiz',
      facts: { reason: 'incident 7', role: 'owner', before: { state: 'approved' }, after: { state: 'blocked' } },
    });
  },
);

test('a token cannot be made for a role that is none, an app that is none, or longer than a year', async () => {
  const { file } = await deployment();
  const create = (...args: string[]) =>
    run(commandScript, ['admin', 'token', 'create', '--world', file, ...args]).ended;
  const wrong = [
    [
      ['--role', 'root', '--expires', '1h'],
      '--role must be one of owner, policy_admin, app_owner, help_desk, auditor.',
    ],
    [['--role', 'owner', '--expires', '2y'], '--expires must be a time such as 12h, 90d or 1y, and at most a year.'],
    [['--role', 'app_owner', '--expires', '1h'], 'An app owner names at least one app, and no other role names any.'],
    [['--role', 'app_owner', '--expires', '1h', '--client-app', 'nobody'], 'There is no client app called nobody yet.'],
  ] as const;
  for (const [args, sentence] of wrong) {
    const { code, output } = await create(...args);
    expect([code, output]).toEqual([1, expect.stringContaining(sentence)]);
    expect(output).not.toContain('cg_admin_');
  }
});
