import { createHash } from 'node:crypto';
import type { PlainResponse } from '@crossgrant/protocol';
import { html, raw } from 'hono/html';
import { describeHop, type HopRow, type HopText } from '../report/describe-hop.ts';
import type { Hop } from '../report/hop.ts';
import { type Notice, renderNotice } from './sample-app-notice.ts';
import { pageStyle } from './sample-app-style.ts';

type Markup = ReturnType<typeof html>;

export interface HomePage {
  readonly appName: string;
  readonly idpIssuer: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: string;
  readonly person?: string;
  readonly hops: readonly Hop[];
  readonly notice?: Notice;
}

/** The one page of the sample app. It holds no script, loads nothing, and escapes every value it is given. */
export async function renderHome(page: HomePage, status = 200): Promise<PlainResponse> {
  const markup = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.appName}, a sample AI app</title>
<style>${raw(pageStyle)}</style>
</head>
<body>
<main>
<header><h1>${page.appName}</h1><p>a sample AI app</p></header>
${page.notice === undefined ? '' : renderNotice(page.notice)}
${page.person === undefined ? signedOut(page) : signedIn(page, page.person)}
${page.hops.length === 0 ? '' : html`<section aria-labelledby="hops"><h2 id="hops">What just happened</h2><ol class="hops">${page.hops.map((hop) => hopItem(withoutId(describeHop(hop), page.notice?.decision?.id)))}</ol></section>`}
</main>
</body>
</html>`;
  return { status, headers: pageHeaders(page.idpIssuer), body: markup.toString() };
}

function signedOut(page: HomePage): Markup {
  return html`<p class="lead">Sign on once at <code>${hostOf(page.idpIssuer)}</code>. Then this app may call <code>${page.server}</code> for you, as far as your company's policy allows, and asks nothing more.</p>
<form method="post" action="/sign-on"><button>Sign on</button></form>`;
}

function signedIn(page: HomePage, person: string): Markup {
  return html`<p class="lead">Signed on as <strong><bdi>${person}</bdi></strong>.</p>
<form method="post" action="/call" class="call">
<label for="tool">Tool at <code>${page.server}</code></label>
<input id="tool" name="tool" value="${page.tool}" required maxlength="100" spellcheck="false">
<label for="arguments">Arguments, as JSON</label>
<input id="arguments" name="arguments" value="${page.arguments}" required maxlength="2000" spellcheck="false">
<p class="actions"><button>Call the tool</button><button class="plain" form="sign-out">Sign out</button></p>
</form>
<form method="post" action="/sign-out" id="sign-out"></form>`;
}

/** A decoded token is folded away: what it came to stands above it. */
function hopItem(hop: HopText): Markup {
  const heading = hop.rows.findIndex(({ isHeading }) => isHeading === true);
  const shown = heading === -1 ? hop.rows : hop.rows.slice(0, heading);
  const state = hop.isDone ? 'done' : 'refused';
  return html`<li class="${state}"><h3>${hop.title} <span class="state">${state}</span> <small>${hop.time}</small></h3><p>${hop.lead}</p>${rowList(shown)}${heading === -1 ? '' : tokenDetails(hop.rows.slice(heading))}</li>`;
}

function tokenDetails([heading, ...claims]: readonly HopRow[]): Markup {
  return html`<details><summary>${heading?.label}, decoded <small>${claims.length} claims</small></summary>${rowList([{ label: 'header', value: heading?.value ?? '' }, ...claims])}</details>`;
}

function rowList(rows: readonly HopRow[]): Markup {
  return html`<dl>${rows.map(({ label, value, note }) => html`<div><dt>${label}</dt><dd>${value}${note === undefined ? '' : html` <small>${note}</small>`}</dd></div>`)}</dl>`;
}

/** The id of a decision stands on the page once, where it is explained. */
function withoutId(hop: HopText, id: string | undefined): HopText {
  if (id === undefined) return hop;
  const shorten = (row: HopRow): HopRow => ({ ...row, note: row.note?.replace(` [${id}]`, '') });
  return { ...hop, rows: hop.rows.filter(({ value }) => value !== id).map(shorten) };
}

/** Forms may lead to this app and, through the redirect of the sign-on, to the IdP. */
function pageHeaders(idpIssuer: string): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'; form-action 'self' ${new URL(idpIssuer).origin}; frame-ancestors 'none'; base-uri 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
