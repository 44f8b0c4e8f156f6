import { html, raw } from 'hono/html';
import { pageStyle, pageStyleSource } from './style.ts';

export type Markup = ReturnType<typeof html>;

export interface PageFrame {
  /** Object of the page; the company's name is added. */
  readonly title: string;
  readonly tenantName: string;
  readonly content: Markup;
  /** Where the page says it is. */
  readonly issuer: string;
  /** The decision id, when there is something to look up. */
  readonly id?: string;
}

/** A whole page. It holds no script and loads nothing; values are escaped where they are put in. */
export async function renderPage(frame: PageFrame): Promise<string> {
  const { title, tenantName, content, issuer, id } = frame;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}, ${shorten(tenantName)}</title>
<style>${raw(pageStyle)}</style>
</head>
<body>
<main>
<header>${mark}<span><bdi>${shorten(tenantName)}</bdi></span></header>
${content}
<p class="meta">This page belongs to <code>${new URL(issuer).host}</code>${id === undefined ? '' : html`<br>Id for your IT: <code>${id}</code>`}</p>
</main>
</body>
</html>`;
  return (await page).toString();
}

/** A box that says what was refused. Its sentence is read out as soon as the page is there. */
export function refusedBox(sentence: string, id = 'refused'): Markup {
  return html`<div class="refused" role="alert" id="${id}">${octagon}<p>${sentence}</p></div>`;
}

/** Text from outside, cut in the middle where a person would not miss it. */
export function shorten(text: string, atMost = 64): string {
  const characters = [...text];
  if (characters.length <= atMost) return text;
  const half = Math.floor((atMost - 1) / 2);
  return `${characters.slice(0, half).join('')}…${characters.slice(-half).join('')}`;
}

/**
 * Headers of a page. Forms may only lead to this server and to the origins named, which includes the redirect that
 * follows a form: browsers check both.
 *
 * A referrer is sent to this server alone: with none at all, browsers would hide the Origin of forms too.
 */
export function pageHeaders(formOrigins: readonly string[] = []): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `style-src ${pageStyleSource}`,
      `form-action ${["'self'", ...formOrigins].join(' ')}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
  };
}

const mark = raw(
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h10a4 4 0 0 1 0 8h-2"/><path d="M20 17H10a4 4 0 0 1 0-8h2"/></svg>',
);
const octagon = raw(
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9z"/><path d="m15 9-6 6"/><path d="m9 9 6 6"/></svg>',
);
