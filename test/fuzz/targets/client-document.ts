import {
  type ClientMetadataDocument,
  type ClientMetadataUrl,
  limits,
  parseClientMetadataDocument,
  parseClientMetadataUrl,
} from '@crossgrant/protocol';
import fc from 'fast-check';
import { BrokenPromise, expectPlain } from '../invariants.ts';
import { mutatedJson, mutatedText } from '../mutate.ts';
import type { FuzzTarget } from '../target.ts';

const url = 'https://agent.example/oauth/client.json' as ClientMetadataUrl;
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k1' };
const sound = {
  client_id: url,
  client_name: 'Agent',
  redirect_uris: ['https://agent.example/cb', 'http://127.0.0.1/cb'],
  grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
};
const documents = [
  { ...sound, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://agent.example/jwks.json' },
  { ...sound, token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'], jwks: { keys: [key] } },
  { ...sound, token_endpoint_auth_method: 'none', post_logout_redirect_uris: ['https://agent.example/bye'] },
  {
    ...sound,
    client_uri: 'https://agent.example',
    logo_uri: 'http://agent.example/l.png',
    tos_uri: 'https://a.example',
  },
];
const tokens = [
  '"client_secret":"x",',
  '"d":"x",',
  '"k":"x",',
  '"jwks":{"keys":[]},',
  '"client_secret_basic"',
  'https:',
];

/** What the document says after a second reading, which knows nothing of the rules. */
interface Written {
  readonly client_id?: unknown;
  readonly jwks?: { readonly keys?: readonly Record<string, unknown>[] };
}

function expectKept(document: ClientMetadataDocument, text: string): void {
  expectPlain(document);
  const written = JSON.parse(text) as Written;
  if (document.clientId !== url || written.client_id !== url) throw new BrokenPromise('the document of another URL');
  if (Object.keys(written).some((name) => name.startsWith('client_secret'))) throw new BrokenPromise('a secret');
  if (document.redirectUris.length === 0) throw new BrokenPromise('a client without a redirect URI');
  if ((document.authMethod === 'none') !== (document.keys === undefined)) throw new BrokenPromise('keys and no method');
  const keys = written.jwks?.keys;
  if (Array.isArray(keys) && keys.some((each) => each?.d !== undefined || each?.k !== undefined))
    throw new BrokenPromise('a private key');
  if (document.keys !== undefined && 'jwksUri' in document.keys) expectHttps(document.keys.jwksUri);
}

function expectHttps(text: string): void {
  if (URL.parse(text)?.protocol !== 'https:') throw new BrokenPromise('keys from no https URL');
}

/** The text as a client id: what is taken is one spelling of one https URL. */
function checkUrl(text: string): void {
  const read = parseClientMetadataUrl(text);
  if (!read.ok) {
    expectSentence(read.refusal.problem);
    return;
  }
  const { href, protocol, search, hash, username } = new URL(text);
  if (href !== text || text.length > limits.identifierCharacters) throw new BrokenPromise('a second spelling');
  if (protocol !== 'https:' || `${search}${hash}${username}` !== '') throw new BrokenPromise('no URL of a document');
}

function expectSentence(problem: string): void {
  if (problem.trim() === '') throw new BrokenPromise('a refusal without a sentence');
}

export const clientDocumentTarget: FuzzTarget = {
  name: 'client-document',
  share: 0.06,
  inputs: fc.oneof(
    { weight: 3, arbitrary: mutatedJson(documents) },
    {
      weight: 1,
      arbitrary: mutatedText(
        documents.map((each) => JSON.stringify(each)),
        tokens,
      ),
    },
    { weight: 1, arbitrary: mutatedText([url, 'https://agent.example:8443/a/b.json'], ['?', '#', '@', '/../', '%2e']) },
  ),
  check(input) {
    checkUrl(input);
    for (const allowHttpLoopback of [false, true]) {
      const read = parseClientMetadataDocument(input, url, { allowHttpLoopback });
      if (!read.ok) expectSentence(read.refusal.problem);
      else if (!allowHttpLoopback) expectKept(read.value, input);
      else expectPlain(read.value);
    }
  },
};
