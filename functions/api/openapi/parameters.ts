import type { Route } from '../route.ts';
import { LONGEST_PARAMETER } from '../router.ts';
import { ETAG } from './responses.ts';
import type { JsonSchema, Part, Schemas } from './schemas.ts';

/** With or without quotes, as `functions/middleware/idempotency.ts` reads it; HTTP takes blanks off its end. */
const IDEMPOTENCY_KEY = { type: 'string', pattern: '^"?[!#-~]{1,255}"?[ \\t]*$' };

const DRY_RUN = {
  name: 'dryRun',
  in: 'query',
  description: 'Answers what the request would do, and does nothing',
  schema: { const: 'plan' },
};

/** What an operation takes in its path, query and headers; `resource` is the GET of what its conditions are of. */
export function parametersOf(route: Route, schemas: Schemas, resource: Route | undefined): Part[] {
  return [
    ...pathParameters(route),
    ...queryParameters(route, schemas),
    ...(route.plan === undefined ? [] : [DRY_RUN]),
    ...headerParameters(route, resource),
  ];
}

function pathParameters({ path }: Route): Part[] {
  const schema = { type: 'string', minLength: 1, maxLength: LONGEST_PARAMETER };
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema }));
}

function queryParameters({ query }: Route, schemas: Schemas): Part[] {
  const { properties = {}, required = [] } = schemas.input(query);
  return Object.entries(properties).map(([name, value]) => {
    const { description, ...schema } = listed(value);
    return {
      name,
      in: 'query',
      ...(description === undefined ? {} : { description }),
      ...(required.includes(name) ? { required: true } : {}),
      schema,
    };
  });
}

/** A parameter that may come once or several times is a list to OpenAPI, which sends a name for each item. */
function listed(schema: unknown): JsonSchema {
  const { anyOf, ...rest } = schema as JsonSchema;
  const list = anyOf?.find(({ type }) => type === 'array');
  return list === undefined ? (schema as JsonSchema) : { ...rest, ...list };
}

function headerParameters({ method }: Route, resource: Route | undefined): Part[] {
  const header = (name: string, description: string, schema: Part) => ({
    name,
    in: 'header',
    description,
    schema,
  });
  const once = 'A new UUID for each request; a request that is sent again with it is done once';
  const known = 'The ETag that is known already; 304 when it is still the same';
  const unchanged = 'The ETag that it must still have; 412 when it has changed';
  return [
    ...(method === 'POST' ? [header('Idempotency-Key', once, IDEMPOTENCY_KEY)] : []),
    ...(resource === undefined
      ? []
      : [method === 'GET' ? header('If-None-Match', known, ETAG) : header('If-Match', unchanged, ETAG)]),
  ];
}
