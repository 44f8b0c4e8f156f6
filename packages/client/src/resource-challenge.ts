import { parseChallenges } from '@crossgrant/protocol';
import type { ChallengeHint } from './access-token.ts';
import { type CrossgrantErrorDetail, StepUpRequired } from './errors.ts';
import { rawResponse, secondsOf, wordsOf } from './oauth-error.ts';

/** What a resource said in its `WWW-Authenticate: Bearer` challenge. */
export interface ResourceChallenge extends ChallengeHint {
  readonly error: string | undefined;
  readonly acrValues: readonly string[] | undefined;
  readonly maxAge: number | undefined;
}

/** RFC 6750 §3, RFC 9728 §5.1, RFC 9470 §3. Other schemes are passed over. */
export function readChallenge(response: Response): ResourceChallenge {
  const header = response.headers.get('www-authenticate');
  const bearer = parseChallenges(header === null ? [] : [header]).find((challenge) => challenge.scheme === 'bearer');
  const parameters = bearer?.parameters;
  return {
    error: parameters?.get('error'),
    resourceMetadata: parameters?.get('resource_metadata'),
    scopes: wordsOf(parameters?.get('scope')),
    acrValues: wordsOf(parameters?.get('acr_values')),
    maxAge: secondsOf(parameters?.get('max_age')),
  };
}

export function stepUpFrom(challenge: ResourceChallenge, url: string, response: Response): StepUpRequired {
  return new StepUpRequired('call', challenge, callDetail(url, response));
}

export function callDetail(url: string, response: Response): CrossgrantErrorDetail {
  return { cause: rawResponse(url, response, '') };
}
