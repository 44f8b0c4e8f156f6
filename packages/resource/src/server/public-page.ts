import { createHash } from 'node:crypto';
import type { PlainResponse } from '@crossgrant/protocol';

/**
 * A page for a person who opens this server in a browser: a card on a grey ground, with no script, no form and nothing
 * loaded. `content` is markup; whatever did not come from this code goes through `escapeHtml` first.
 */
export function publicPage(page: {
  readonly status: number;
  readonly title: string;
  readonly content: string;
}): PlainResponse {
  return {
    status: page.status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src ${styleSource}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${page.title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${page.title}</h1>
${page.content}
</main>
</body>
</html>
`,
  };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Ink on paper, like the pages of sign-on. Light and dark follow the system. */
const style = `
:root{color-scheme:light dark;--canvas:#f6f7f9;--surface:#fff;--text:#12171d;--text-2:#434d57;--text-3:#5c6772;--line:#d5dade;--link:#174fb8;--focus:#1257d6}
@media (prefers-color-scheme:dark){:root{--canvas:#0d1115;--surface:#141920;--text:#e8ecf0;--text-2:#b5bec7;--text-3:#939ea9;--line:#29313a;--link:#8db5ff;--focus:#8db5ff}}
*{box-sizing:border-box}
html{background:var(--canvas);color:var(--text)}
body{font:400 .875rem/1.25rem "Public Sans",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;align-items:center;justify-content:center;padding:24px 16px}
main{width:100%;max-width:480px;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:32px}
h1{margin:0 0 8px;font-size:1.25rem;line-height:1.75rem;font-weight:600}
p,ul{margin:0 0 16px;overflow-wrap:anywhere}
ul{padding-left:20px}
li{margin:0 0 4px}
.lead{font-size:1rem;line-height:1.5rem;color:var(--text-2)}
.meta{margin:24px 0 0;padding-top:16px;border-top:1px solid var(--line);font-size:.75rem;line-height:1rem;color:var(--text-3)}
a{color:var(--link)}
code{font-family:"JetBrains Mono",ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;color:var(--text-2)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
@media (max-width:480px){body{justify-content:flex-start;padding:0}main{max-width:none;min-height:100vh;min-height:100svh;border:0;border-radius:0;padding:24px 16px}html{background:var(--surface)}}
@media print{main{border:0}}
`;

const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
