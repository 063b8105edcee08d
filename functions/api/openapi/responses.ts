import { z } from 'zod';
import { Planned } from '../../../core/operation/view.ts';
import type { Route } from '../route.ts';
import { noAnswer } from '../shapes.ts';
import { json, type Part, type Schemas } from './schemas.ts';

export const ETAG = { type: 'string' };

/** What an operation may answer; `resource` is the GET of the same thing, `conditional` that of what If-Match is of. */
export function responsesOf(
  route: Route,
  schemas: Schemas,
  resource: Route | undefined,
  conditional: Route | undefined,
): Part {
  if (route.answer instanceof z.ZodString) return PAGES;
  return { ...successOf(route, schemas, resource), ...failuresOf(route, conditional) };
}

const TEXT = { content: { '*/*': {} } };
/** A page tells what is wrong itself, and leads on; OpenID Connect has answers of its own. */
const PAGES = {
  200: { description: 'A page, or what OpenID Connect says', ...TEXT },
  '3XX': {
    description: 'Leads on',
    headers: { Location: { description: 'Where to go', schema: { type: 'string' } } },
  },
  '4XX': { description: 'What is wrong', ...TEXT },
  500: { $ref: '#/components/responses/Error' },
};

function successOf({ method, answer, plan, status }: Route, schemas: Schemas, resource: Route | undefined) {
  const headers = { ETag: { description: 'What If-Match and If-None-Match take', schema: ETAG } };
  const planned = plan === undefined ? undefined : schemas.output(Planned);
  const known = { 304: { description: 'Known already', headers } };
  if (answer === noAnswer) {
    const done = { [status ?? 204]: { description: 'Done' } };
    return planned === undefined ? done : { ...done, 200: { description: 'The plan', ...json(planned) } };
  }
  const answered = schemas.output(answer);
  return {
    200: {
      description: 'Done',
      ...(resource === undefined ? {} : { headers }),
      ...json(planned === undefined ? answered : { anyOf: [answered, planned] }),
    },
    ...(resource !== undefined && method === 'GET' ? known : {}),
  };
}

/** Which errors a route may answer: those of its access and its method, beside what every route does. */
function failuresOf({ access, method, body }: Route, conditional: Route | undefined): Part {
  const error = { $ref: '#/components/responses/Error' };
  const isOpen = access.kind === 'public' || access.kind === 'signed-url';
  const codes = [
    400,
    ...(isOpen ? [] : [401]),
    ...(access.kind === 'permission' || access.kind === 'signed-url' ? [403] : []),
    404,
    ...(method === 'GET' ? [] : [409]),
    ...(method === 'GET' || conditional === undefined ? [] : [412]),
    ...(body === 'none' ? [] : [413]),
    ...(method === 'POST' ? [422] : []),
    500,
  ];
  return {
    ...Object.fromEntries(codes.map((code) => [code, error])),
    429: { $ref: '#/components/responses/TooManyRequests' },
  };
}
