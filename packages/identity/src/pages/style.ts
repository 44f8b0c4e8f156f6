import { createHash } from 'node:crypto';

/**
 * One style sheet for every page a person meets before signing on. Ink on paper: colour appears only where something
 * was refused. Light and dark follow the system; forced colours keep borders and shapes.
 */
export const pageStyle = `
:root{color-scheme:light dark;--canvas:#f6f7f9;--surface:#fff;--text:#12171d;--text-2:#434d57;--text-3:#5c6772;--edge:#76818c;--line:#d5dade;--link:#174fb8;--focus:#1257d6;--primary:#12171d;--on-primary:#fff;--denied:#9c1c14;--denied-tint:#fce8e5}
@media (prefers-color-scheme:dark){:root{--canvas:#0d1115;--surface:#141920;--text:#e8ecf0;--text-2:#b5bec7;--text-3:#939ea9;--edge:#74808c;--line:#29313a;--link:#8db5ff;--focus:#8db5ff;--primary:#e8ecf0;--on-primary:#0d1115;--denied:#ff9f92;--denied-tint:#3b1714}}
*{box-sizing:border-box}
html{background:var(--canvas);color:var(--text)}
body{font:400 .875rem/1.25rem "Public Sans",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;align-items:center;justify-content:center;padding:24px 16px}
main{width:100%;max-width:400px;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:32px}
header{display:flex;align-items:center;gap:8px;margin:0 0 24px;font-weight:600;min-width:0}
header span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
svg{flex:none;width:16px;height:16px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
header svg{width:24px;height:24px}
h1{margin:0 0 8px;font-size:1.25rem;line-height:1.75rem;font-weight:600}
p{margin:0 0 16px;max-width:70ch}
.lead{font-size:1rem;line-height:1.5rem;color:var(--text-2);margin-bottom:24px;overflow-wrap:anywhere}
.lead strong{color:var(--text);font-weight:600}
.refused{display:flex;gap:8px;margin:0 0 24px;padding:12px;border:1px solid var(--denied);border-radius:4px;background:var(--denied-tint);color:var(--denied)}
.refused svg{margin-top:2px}
.refused p{margin:0}
label{display:block;margin:0 0 8px;font-weight:500}
input{display:block;width:100%;height:44px;margin:0 0 16px;padding:0 12px;font:inherit;font-size:1rem;color:inherit;background:var(--surface);border:1px solid var(--edge);border-radius:4px}
input[aria-invalid=true]{border-color:var(--denied)}
button{display:block;width:100%;min-height:44px;margin:8px 0 0;padding:8px 16px;font:inherit;font-weight:600;border:1px solid var(--primary);border-radius:4px;background:var(--primary);color:var(--on-primary);cursor:pointer}
button.plain{background:none;color:var(--text);border-color:var(--edge);font-weight:500}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
h1+.refused{margin-top:16px}
.meta{margin:24px 0 0;padding-top:16px;border-top:1px solid var(--line);font-size:.75rem;line-height:1rem;color:var(--text-3);overflow-wrap:anywhere}
code{font:inherit;font-family:"JetBrains Mono",ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;color:var(--text-2)}
pre{margin:0 0 16px;padding:12px;border:1px solid var(--line);border-radius:4px;background:var(--canvas);white-space:pre-wrap;overflow-wrap:anywhere}
pre code{font-size:.8125rem;line-height:1.25rem;color:var(--text);user-select:all}
@media (max-width:480px){body{justify-content:flex-start;padding:0}main{max-width:none;min-height:100vh;min-height:100svh;border:0;border-radius:0;padding:24px 16px}html{background:var(--surface)}}
@media (forced-colors:active){button{border:2px solid}.refused{border:2px solid}}
@media print{main{border:0}}
`;

/** The CSP source that admits exactly this style sheet. */
export const pageStyleSource = `'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'`;
