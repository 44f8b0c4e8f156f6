import { createResourceServer } from '@crossgrant/resource';
import { callerOf, crossgrant, resourceMetadata } from '@crossgrant/resource/fastify';
import fastify, { type FastifyRequest } from 'fastify';

const { RESOURCE = 'http://127.0.0.1:4711/api', AUTHORIZATION_SERVER = 'http://127.0.0.1:4702' } = process.env;

const gate = createResourceServer({
  resource: RESOURCE,
  authorizationServer: AUTHORIZATION_SERVER,
  scopesSupported: ['notes.read', 'notes.write'],
  resourceName: 'Notes',
  development: RESOURCE.startsWith('http:'),
});
const read = { onRequest: crossgrant(gate, { scopes: ['notes.read'] }) };
const write = { onRequest: crossgrant(gate, { scopes: ['notes.write'] }) };

const notes = new Map<string, string[]>();

/** The account is issuer and subject together: two companies may have an `alice` each. */
function notesOf(request: FastifyRequest): string[] {
  const { issuer, subject } = callerOf(request);
  const key = `${issuer} ${subject}`;
  const own = notes.get(key) ?? [];
  notes.set(key, own);
  return own;
}

const app = fastify();
app.register(resourceMetadata(gate));
app.register(
  async (api) => {
    api.get('/notes', read, async (request) => notesOf(request));
    api.post<{ Body: { text: string } }>('/notes', write, async (request, reply) => {
      notesOf(request).push(String(request.body.text));
      return reply.code(201).send();
    });
  },
  { prefix: new URL(RESOURCE).pathname },
);
await app.listen({ host: '127.0.0.1', port: Number(new URL(RESOURCE).port) });
console.log(`Notes at ${RESOURCE}`);
