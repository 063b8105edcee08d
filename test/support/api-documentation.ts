import { accessOf, fieldsOf } from '../../functions/api/openapi/fields.ts';
import type { Route } from '../../functions/api/route.ts';

const intro = `# The API

Generated from the route table (\`functions/api/table.ts\`) by its test; change the routes, then run
\`npx vitest run --project unit test/functions/api/documentation -u\`.

- Requests and answers are JSON. A token goes in \`Authorization: Bearer <token>\`.
- Success is 200, or 204 without a body; an upload's is 201. An update is a POST to the item.
- Lists take \`offset\`, \`limit\` (20, at most 1000) and \`sorts\` (\`name:asc\`, may come more than once), and answer
  \`{<plural>, totalCount, offset, limit}\`.
- An error is \`{message, requestId, statusCode, fieldErrors?: [{field, code, message}]}\`. What you may not see is 404,
  what you may see and not do is 403, a field that there is not is 400 and named.
- Every answer carries \`x-request-id\`.
`;

/** The API's documentation, in Markdown, from its routes. */
export function apiDocumentation(routes: readonly Route[]): string {
  return `${intro}\n${routes.map(section).join('\n')}`;
}

function section(route: Route): string {
  const rows = fieldsOf(route).map(({ place, name, isRequired, what }) =>
    [place, `\`${name}\``, isRequired ? 'yes' : '', what].join(' | '),
  );
  const table =
    rows.length === 0 ? '' : `\n| in | field | required | |\n|---|---|---|---|\n| ${rows.join(' |\n| ')} |\n`;
  return `## ${route.operation}\n\n\`${route.method} ${route.path}\`\n\n${route.summary}. ${accessOf(route.access)}\n${table}`;
}
