import type { PlainRequest, PlainResponse } from '@crossgrant/protocol';

/**
 * The page `error_uri` points to. It tells how a decision is looked up and nothing about it: whoever holds an id, or
 * guesses one, learns no more than that it is one.
 */
export async function explainPage(request: PlainRequest): Promise<PlainResponse> {
  const id = /\/(aud_[0-9a-z]{26})$/.exec(request.path)?.[1];
  const body =
    id === undefined
      ? page('No such page', 'This address names no decision.')
      : page('About a decision', `An administrator can look this decision up: <code>crossgrant explain ${id}</code>`);
  return {
    status: id === undefined ? 404 : 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body,
  };
}

function page(title: string, sentence: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${sentence}</p></html>`;
}
