import type { DecodedToken, Failure, Hop } from '../report/hop.ts';

const grantStages: Readonly<Record<string, Hop['stage']>> = {
  authorization_code: 'sign_on',
  'urn:ietf:params:oauth:grant-type:token-exchange': 'exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer': 'redemption',
};

/** Parameters that are shown; secrets, codes and tokens are not among them. */
const shownParameters = ['client_id', 'audience', 'resource', 'scope', 'requested_token_type'];

/**
 * A fetch that also tells what passed: each token request as one hop, with decoded and never whole tokens.
 *
 * It reads the wire and not the client, so what it shows is what an observer of the traffic would see.
 */
export function recordingFetch(onHop: (hop: Hop) => void, inner: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const form = readForm(init?.body);
    const stage = grantStages[form?.get('grant_type') ?? ''];
    if (form === undefined || stage === undefined) return inner(input, init);
    const started = performance.now();
    const response = await inner(input, init);
    const body = readJson(await response.clone().text());
    const token = decodeToken(stage === 'sign_on' ? body.id_token : body.access_token);
    onHop({
      stage,
      isDone: response.ok,
      at: Date.now(),
      milliseconds: performance.now() - started,
      url: String(input instanceof Request ? input.url : input),
      asked: shownFields(form, init?.headers),
      answered: Object.fromEntries(
        ['scope', 'expires_in', 'issued_token_type', 'token_type'].flatMap((name) =>
          body[name] === undefined ? [] : [[name, String(body[name])]],
        ),
      ),
      token,
      failure: response.ok ? undefined : failureOf(response.status, body),
    });
    return response;
  };
}

/** Header and claims of a compact JWS, without its signature; nothing for a token that is none. */
export function decodeToken(token: unknown): DecodedToken | undefined {
  if (typeof token !== 'string') return undefined;
  const [header, claims, signature] = token.split('.');
  if (header === undefined || claims === undefined || signature === undefined) return undefined;
  return { header: readJson(fromBase64url(header)), claims: readJson(fromBase64url(claims)) };
}

function readForm(body: unknown): URLSearchParams | undefined {
  if (body instanceof URLSearchParams) return body;
  return typeof body === 'string' && body.includes('grant_type=') ? new URLSearchParams(body) : undefined;
}

function shownFields(form: URLSearchParams, headers: HeadersInit | undefined): Record<string, string> {
  const shown = Object.fromEntries(
    shownParameters.flatMap((name) => (form.get(name) === null ? [] : [[name, form.getAll(name).join(' ')]])),
  );
  const basic = /^Basic (.+)$/i.exec(new Headers(headers).get('authorization') ?? '')?.[1];
  if (basic !== undefined)
    shown.client_id = decodeURIComponent(Buffer.from(basic, 'base64').toString('utf8').split(':')[0] ?? '');
  return shown;
}

function failureOf(status: number, body: Record<string, unknown>): Failure {
  const uri = typeof body.error_uri === 'string' ? body.error_uri : undefined;
  const named = /\[((?:aud|req)_\w+)\]/.exec(String(body.error_description ?? ''))?.[1];
  return {
    error: typeof body.error === 'string' ? body.error : `HTTP ${status}`,
    sentence: typeof body.error_description === 'string' ? body.error_description : 'The server gave no reason.',
    id: uri?.slice(uri.lastIndexOf('/') + 1) ?? named,
  };
}

function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function fromBase64url(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}
