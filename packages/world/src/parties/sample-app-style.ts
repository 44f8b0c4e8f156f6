/** Ink on paper; colour says state and nothing else. Light and dark follow the system. */
export const pageStyle = `
:root{color-scheme:light dark;--canvas:#f6f7f9;--surface:#fff;--sunken:#eceff2;--text:#12171d;--text-2:#434d57;--text-3:#5c6772;--edge:#76818c;--line:#d5dade;--link:#174fb8;--focus:#1257d6;--primary:#12171d;--on-primary:#fff;--denied:#9c1c14;--denied-tint:#fce8e5;--allowed:#075f58;--allowed-tint:#ddf2ef}
@media (prefers-color-scheme:dark){:root{--canvas:#0d1115;--surface:#141920;--sunken:#090c0f;--text:#e8ecf0;--text-2:#b5bec7;--text-3:#939ea9;--edge:#74808c;--line:#29313a;--link:#8db5ff;--focus:#8db5ff;--primary:#e8ecf0;--on-primary:#0d1115;--denied:#ff9f92;--denied-tint:#3b1714;--allowed:#63d2c3;--allowed-tint:#0c2c29}}
*{box-sizing:border-box}
html{background:var(--canvas);color:var(--text)}
body{font:400 .875rem/1.25rem "Public Sans",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;margin:0;padding:32px 16px 64px}
main{max-width:720px;margin:0 auto}
header{display:flex;align-items:baseline;gap:12px;margin-bottom:16px}
h1{margin:0;font-size:1.25rem;line-height:1.75rem;font-weight:600}
header p{margin:0;color:var(--text-3)}
.lead{margin:0 0 24px;max-width:70ch;font-size:1rem;line-height:1.5rem;color:var(--text-2);overflow-wrap:anywhere}
.lead strong{color:var(--text);font-weight:600}
.notice{margin:0 0 24px;padding:12px 16px;border:1px solid var(--edge);border-radius:4px;background:var(--surface);overflow-wrap:anywhere}
.notice.refused{border-color:var(--denied);background:var(--denied-tint)}
.notice p{margin:0}
.notice p+p{margin-top:8px}
.notice.refused .sentence{color:var(--denied);font-weight:500}
a{color:var(--link)}
form{max-width:640px;margin:0}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:0}
label{display:block;margin:0 0 4px;font-weight:500;overflow-wrap:anywhere}
input{display:block;width:100%;height:40px;margin:0 0 16px;padding:0 12px;font:400 1rem/1.5rem ui-monospace,"JetBrains Mono","Cascadia Mono",Menlo,Consolas,monospace;color:inherit;background:var(--surface);border:1px solid var(--edge);border-radius:4px}
button{min-height:44px;padding:8px 20px;font:inherit;font-weight:600;border:1px solid var(--primary);border-radius:4px;background:var(--primary);color:var(--on-primary);cursor:pointer}
button.plain{background:none;color:var(--text);border-color:var(--edge);font-weight:500}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
h2{margin:40px 0 16px;font-size:1rem;line-height:1.5rem;font-weight:600}
.hops{list-style:none;margin:0;padding:0}
.hops>li{margin:0 0 16px;padding:16px 20px;background:var(--surface);border:1px solid var(--line);border-radius:8px}
h3{display:flex;align-items:center;gap:8px;margin:0 0 4px;font-size:.875rem;line-height:1.25rem;font-weight:600}
h3 small{margin-left:auto}
.state{padding:0 8px;border-radius:4px;font-size:.75rem;line-height:1.25rem;font-weight:500;color:var(--allowed);background:var(--allowed-tint)}
.hops .refused .state{color:var(--denied);background:var(--denied-tint)}
.hops p{margin:0 0 12px;color:var(--text-2);overflow-wrap:anywhere}
dl{margin:0}
dl div{display:grid;grid-template-columns:minmax(88px,152px) 1fr;gap:12px;padding:4px 0;border-top:1px solid var(--line)}
dt{color:var(--text-3);font-size:.8125rem;overflow-wrap:anywhere}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,"JetBrains Mono","Cascadia Mono",Menlo,Consolas,monospace;font-size:.8125rem}
details{border-top:1px solid var(--line)}
summary{padding:8px 0;cursor:pointer;font-weight:500}
dl:empty{display:none}
small{color:var(--text-3);font-size:.75rem;font-weight:400}
code{font-family:ui-monospace,"JetBrains Mono","Cascadia Mono",Menlo,Consolas,monospace;font-size:.875em}
@media (max-width:480px){body{padding:24px 16px}button{width:100%}.actions button{width:auto;flex:1}dl div{grid-template-columns:96px 1fr}.hops>li{padding:16px}}
@media (forced-colors:active){button,.state{border:1px solid}}
`;
