import { parseChallenges } from '@crossgrant/protocol';
import type { ChallengeHint } from './access-token.ts';
import { type CrossgrantErrorDetail, StepUpRequired } from './errors.ts';
import { rawResponse, secondsOf, wordsOf } from './oauth-error.ts';

/** What a resource said in its `WWW-Authenticate` challenge. */
export interface ResourceChallenge extends ChallengeHint {
  readonly error: string | undefined;
  readonly acrValues: readonly string[] | undefined;
  readonly maxAge: number | undefined;
}

/**
 * A challenge for `Bearer` and one for `DPoP` say one thing together: the one that names an error counts, and what it
 * leaves out is taken from the other. Other schemes are passed over.
 *
 * RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1, RFC 9470 §3.
 */
export function readChallenge(response: Response): ResourceChallenge {
  const header = response.headers.get('www-authenticate');
  const ours = parseChallenges(header === null ? [] : [header])
    .filter(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
    .map(({ parameters }) => parameters)
    .sort((first, second) => Number(second.has('error')) - Number(first.has('error')));
  const get = (name: string): string | undefined => ours.find((parameters) => parameters.has(name))?.get(name);
  return {
    error: get('error'),
    resourceMetadata: get('resource_metadata'),
    scopes: wordsOf(get('scope')),
    acrValues: wordsOf(get('acr_values')),
    maxAge: secondsOf(get('max_age')),
  };
}

export function stepUpFrom(challenge: ResourceChallenge, url: string, response: Response): StepUpRequired {
  return new StepUpRequired('call', challenge, callDetail(url, response));
}

export function callDetail(url: string, response: Response): CrossgrantErrorDetail {
  return { cause: rawResponse(url, response, '') };
}
