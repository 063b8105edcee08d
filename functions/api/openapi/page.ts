import type { Route } from '../route.ts';
import { accessOf, fieldsOf } from './fields.ts';

/** The API as one page that loads nothing from elsewhere: an index of its operations, and each with its fields. */
export function documentationPage(routes: readonly Route[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Windsock</title>
<style>
:root{color-scheme:light dark;--text:light-dark(#1b2330,#e6eaf1);--page:light-dark(#fff,#10141b);
--soft:light-dark(#eef1f6,#212a37);--line:light-dark(#dde2ea,#2a3240);--action:light-dark(#1f5fbf,#7fb0ff)}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:0 1rem 4rem;color:var(--text);
background:var(--page)}
a{color:var(--action)}
code{font-size:.9em;background:var(--soft);padding:.1em .3em;border-radius:.2em;overflow-wrap:anywhere}
nav ul{columns:20rem;list-style:none;padding:0}
section{border-top:1px solid var(--line);padding-top:.5rem}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.3rem .6rem .3rem 0;text-align:left;vertical-align:top}
</style>
</head>
<body>
<header>
<h1>The API of Windsock</h1>
<p>Requests and answers are JSON. A token goes in <code>Authorization: Bearer &lt;token&gt;</code>. An error says what
is wrong in <code>message</code> and in which field in <code>fieldErrors</code>; every answer carries
<code>x-request-id</code>. For tools: <a href="/openapi.json">openapi.json</a>, OpenAPI 3.1.</p>
</header>
<nav aria-label="Operations"><ul>
${routes.map(({ operation }) => `<li><a href="#${operation}">${operation}</a></li>`).join('\n')}
</ul></nav>
<main>
${routes.map(section).join('\n')}
</main>
</body>
</html>
`;
}

function section(route: Route): string {
  const { operation, method, path, summary, access } = route;
  return `<section id="${operation}">
<h2>${operation}</h2>
<p><code>${method} ${path}</code></p>
<p>${text(summary)}. ${text(accessOf(access))}</p>
${table(route)}</section>`;
}

function table(route: Route): string {
  const rows = fieldsOf(route).map(
    ({ place, name, isRequired, what }) =>
      `<tr><td>${place}</td><td><code>${name}</code></td><td>${isRequired ? 'yes' : ''}</td><td>${text(what)}</td></tr>`,
  );
  if (rows.length === 0) return '';
  return `<table>
<thead><tr><th>in</th><th>field</th><th>required</th><th>what</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
`;
}

/** A text as HTML; what stands between backticks is code. */
function text(source: string): string {
  const escaped = source.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replace(/`([^`]+)`/g, '<code>$1</code>');
}
