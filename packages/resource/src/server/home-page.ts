import type { Route } from '@crossgrant/platform';
import { newId, refusalResponse, refuse } from '@crossgrant/protocol';
import { endpointsOf, pathOf } from './endpoints.ts';
import { escapeHtml, publicPage } from './public-page.ts';

/**
 * The path of the issuer itself, for a person who opens it in a browser: what this server is, and where its metadata
 * stands. A program that does not ask for a page is answered as if there were none.
 */
export function homeRoute(issuer: string): Route {
  const { metadataPaths, jwks } = endpointsOf(issuer);
  const page = publicPage({
    status: 200,
    title: 'An authorization server',
    content: `<p class="lead">Apps get access to resources here, for people whose company allows it. There is nothing to enter or to approve on this page.</p>
<p>What programs read:</p>
<ul>
<li><a href="${escapeHtml(metadataPaths[0] ?? '')}">Metadata of this server</a></li>
<li><a href="${escapeHtml(pathOf(jwks))}">Its public keys</a></li>
</ul>
<p class="meta">Issuer: <code>${escapeHtml(issuer)}</code></p>`,
  });
  return {
    method: 'GET',
    path: pathOf(issuer),
    handler: async (request) => {
      if (/\btext\/html\b/i.test(request.headers.get('accept') ?? '')) return page;
      return refusalResponse(refuse('request/not-found').refusal, { id: newId('aud') });
    },
  };
}
