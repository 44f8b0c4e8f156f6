import { signOnAsPerson } from '@crossgrant/world';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ExamplesWorld, type Finished, startExamplesWorld } from '../../fixtures/examples-world.ts';

const people = Object.fromEntries(
  ['alice', 'bob', 'carol'].map((username) => [username, { username, password: `${username}-sample-password` }]),
) as Record<'alice' | 'bob' | 'carol', { username: string; password: string }>;

let world: ExamplesWorld;
beforeAll(async () => {
  world = await startExamplesWorld();
  await Promise.all(
    ['express-mcp-server', 'fastify-api', 'hono-mcp-server', 'web-app'].map((name) => world.serve(`${name}/server.ts`)),
  );
}, 60_000);
afterAll(() => world?.close());

/** The agent on the command line, with a robot in front of the browser. */
function agent(server: string, person: keyof typeof people, ...args: string[]): Promise<Finished> {
  return world.run('agent-cli/agent.ts', args, { SERVER: world.at(server) }, (authorizeUrl) => {
    void signOnAsPerson({ authorizeUrl, ...people[person] }).then((callback) => fetch(callback));
  });
}

const tickets = 'http://127.0.0.1:4712/mcp';
const rooms = 'http://127.0.0.1:4713/mcp';

test('the agent lists and calls tools of the MCP server in Hono, and is refused what the company does not allow', async () => {
  const listed = await agent(tickets, 'alice');
  expect(listed).toMatchObject({ code: 0, output: expect.stringContaining('close_ticket  Closes a ticket') });
  const called = await agent(tickets, 'alice', 'list_tickets');
  expect(called).toMatchObject({ code: 0, output: expect.stringContaining('#17 The export stops at 10,000 rows') });
  const closing = await agent(tickets, 'alice', 'close_ticket', '{"id":17}');
  expect(closing).toMatchObject({ code: 1, output: expect.stringContaining('insufficient_scope') });
}, 60_000);

test('a room of the MCP server in Express is booked once, under the account of who booked it', async () => {
  expect((await agent(rooms, 'alice', 'book_room', '{"room":"Ada"}')).output).toContain('Ada is yours.');
  expect((await agent(rooms, 'bob', 'book_room', '{"room":"Ada"}')).output).toContain('Ada is not free.');
  expect((await agent(rooms, 'bob', 'list_rooms')).output).toMatch(/Ada: taken\nGrace: free/);
}, 60_000);

test('a person whom the policy refuses reads why', async () => {
  const refused = await agent(tickets, 'carol', 'list_tickets');
  expect(refused.code).toBe(1);
  expect(refused.output).toMatch(/access_denied: .+\nWhy: http/);
}, 60_000);

test('the API in Fastify leads strangers to its authorization server', async () => {
  const api = world.at('http://127.0.0.1:4711/api');
  const stranger = await fetch(`${api}/notes`);
  expect(stranger.status).toBe(401);
  const metadata = /resource_metadata="([^"]+)"/.exec(stranger.headers.get('www-authenticate') ?? '')?.[1] ?? '';
  expect(await (await fetch(metadata)).json()).toMatchObject({
    resource: api,
    authorization_servers: [world.at('http://127.0.0.1:4702')],
  });
});

test('two people use the web app at once, each with notes of their own, and a third reads why not', async () => {
  const [alice, bob, carol] = await Promise.all([browserOf('alice'), browserOf('bob'), browserOf('carol')]);
  await Promise.all([alice.post('/notes', { text: 'milk & <eggs>' }), bob.post('/notes', { text: 'bolts' })]);
  const [hers, his] = await Promise.all([alice.get('/'), bob.get('/')]);
  expect(hers).toContain('<li>milk &amp; &lt;eggs&gt;</li>');
  expect(hers).not.toContain('bolts');
  expect(his).toContain('<li>bolts</li>');
  expect(his).not.toContain('milk');
  expect(await carol.get('/')).toMatch(/<a href="http[^"]+">Why/);
  await alice.post('/sign-out', {});
  expect(await alice.get('/')).toContain('href="/sign-on"');
}, 60_000);

/** A signed-on browser at the web app. */
async function browserOf(person: keyof typeof people) {
  const app = world.at('http://127.0.0.1:4714');
  const cookieOf = (response: Response, name: RegExp): string =>
    response.headers
      .getSetCookie()
      .find((line) => name.test(line))
      ?.split(';')[0] ?? '';
  const begun = await fetch(`${app}/sign-on`, { redirect: 'manual' });
  const callback = await signOnAsPerson({ authorizeUrl: begun.headers.get('location') ?? '', ...people[person] });
  const finished = await fetch(callback, { redirect: 'manual', headers: { cookie: cookieOf(begun, /sign-on/) } });
  expect(finished.status).toBe(302);
  const headers = { cookie: cookieOf(finished, /^browser=/) };
  return {
    get: async (path: string) => (await fetch(app + path, { headers })).text(),
    post: (path: string, form: Record<string, string>) =>
      fetch(app + path, { method: 'POST', headers, body: new URLSearchParams(form), redirect: 'manual' }),
  };
}
