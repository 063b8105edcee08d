import { createHash } from 'node:crypto';

/** The pages' one style sheet: the colours are the reader's choice of light or dark, all of them at 4.5:1 or more. */
export const style = `
:root{color-scheme:light dark;--text:light-dark(#1b2330,#e6eaf1);--quiet:light-dark(#566175,#a3adbf);
--page:light-dark(#f3f5f9,#10141b);--card:light-dark(#fff,#181e28);--line:light-dark(#7d889b,#6d788c);
--edge:light-dark(#dde2ea,#2a3240);--action:light-dark(#1f5fbf,#7fb0ff);--on-action:light-dark(#fff,#0b1a30);
--wrong:light-dark(#b3261e,#ff9b93)}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-content:center;grid-template-columns:minmax(0,27rem);
padding:1.5rem 1rem;font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}
header{margin:0 0 1rem;font-weight:650;letter-spacing:.01em}
main{padding:1.75rem;background:var(--card);border:1px solid var(--edge);border-radius:.75rem}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}
h2{margin:2rem 0 .5rem;font-size:1.1rem}
p,ul{margin:0 0 1rem;overflow-wrap:anywhere}
ul{padding-left:1.25rem}
main>:last-child{margin-bottom:0}
form{margin:0 0 1rem}
label{display:block;margin-top:1rem;font-weight:600}
.hint,.quiet{color:var(--quiet);font-size:.925rem}
.hint{margin:0}
input{display:block;width:100%;margin-top:.3rem;padding:.6rem .7rem;font:inherit;color:inherit;background:transparent;
border:1px solid var(--line);border-radius:.4rem}
input[aria-invalid]{border:2px solid var(--wrong)}
input.code{font-size:1.4rem;letter-spacing:.35em;font-variant-numeric:tabular-nums}
button{width:100%;margin-top:1.5rem;padding:.65rem 1rem;font:inherit;font-weight:600;color:var(--on-action);
background:var(--action);border:1px solid var(--action);border-radius:.4rem;cursor:pointer}
button.second{margin-top:.75rem;color:var(--action);background:transparent}
a{color:var(--action)}
:focus-visible{outline:3px solid var(--action);outline-offset:2px}
.problem{margin:.3rem 0 0;color:var(--wrong);font-weight:600}
.problems{margin:0 0 1rem;padding:.8rem 1rem;border:1px solid var(--wrong);border-left-width:.35rem;border-radius:.4rem}
.problems p{margin:0 0 .4rem}
.problems p:last-child{margin:0}
.problems a{color:var(--wrong)}
.notice{padding:.8rem 1rem;border:1px solid var(--edge);border-left:.35rem solid var(--action);border-radius:.4rem}
code{overflow-wrap:anywhere}
`;

/** What the pages' policy lets them load: this sheet, and nothing else. */
export const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
