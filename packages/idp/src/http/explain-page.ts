import { pageHeaders, renderDecisionPage } from '@crossgrant/identity';
import { passOn, type RouteHandler } from '@crossgrant/platform';

/**
 * The page `error_uri` points to. It tells how a decision is looked up and nothing about it: whoever holds an id, or
 * guesses one, learns no more than that it is one.
 */
export function explainPage(facts: { readonly issuer: string; readonly tenantName: string }): RouteHandler {
  return async (request) => {
    const id = /\/explain\/(aud_[0-9a-z]{26})$/.exec(request.path)?.[1];
    if (id === undefined) return passOn;
    return { status: 200, headers: pageHeaders(), body: await renderDecisionPage({ ...facts, id }) };
  };
}
