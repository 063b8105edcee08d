import { z } from 'zod';
import type { Access, Route } from '../route.ts';
import { parametersOf } from './parameters.ts';
import { responsesOf } from './responses.ts';
import { ErrorAnswer, json, type Part, type Schemas, schemasOf } from './schemas.ts';

/** The API as OpenAPI 3.1 describes it (https://spec.openapis.org/oas/v3.1.1.html), from its routes. */
export function openApi(routes: readonly Route[], publicUrl: string): Part & { readonly openapi: string } {
  const schemas = schemasOf(routes);
  const paths: Record<string, Record<string, Part>> = {};
  for (const route of routes) {
    const operation = operationOf(route, schemas, routes);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  const error = json(schemas.output(ErrorAnswer));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Windsock',
      version: '1',
      description: 'Managed Apache Airflow. A field or parameter that there is not is refused, and named.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      schemas: schemas.components(),
      responses: {
        Error: { description: 'The request failed; the message says why.', ...error },
        TooManyRequests: {
          description: 'Too many requests: send it again after `Retry-After`.',
          headers: { 'Retry-After': { description: 'In seconds', schema: { type: 'integer' } } },
          ...error,
        },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "A user's or API token" },
        operatorToken: { type: 'http', scheme: 'bearer', description: "The operator's token" },
        frontDoor: { type: 'apiKey', in: 'header', name: 'x-windsock-front-door' },
      },
    },
  };
}

function operationOf(route: Route, schemas: Schemas, routes: readonly Route[]): Part {
  const { operation, summary, access } = route;
  const resource = resourceOf(route, routes);
  const conditional = resource ?? wholeOf(route, routes);
  return {
    operationId: operation,
    summary,
    ...(access.kind === 'permission'
      ? { description: `Needs the permission \`${access.permission}\`.` }
      : {}),
    security: securityOf(access),
    parameters: parametersOf(route, schemas, conditional),
    ...bodyOf(route, schemas),
    responses: responsesOf(route, schemas, resource, conditional),
  };
}

function securityOf(access: Access): Part[] {
  switch (access.kind) {
    case 'public':
    case 'signed-url':
      return [];
    case 'operator':
      return [{ operatorToken: [] }];
    case 'front-door':
      return [{ frontDoor: [] }];
    case 'authenticated':
    case 'permission':
      return [{ token: [] }];
  }
}

/** The GET of what an operation reads, updates or deletes: its answers carry ETags. */
function resourceOf({ method, path, answer }: Route, routes: readonly Route[]): Route | undefined {
  const read = routes.find((route) => route.method === 'GET' && route.path === path);
  return read?.answer instanceof z.ZodString || (method !== 'DELETE' && read?.answer !== answer)
    ? undefined
    : read;
}

/** The GET of what an operation changes a part of. */
function wholeOf({ path, part }: Route, routes: readonly Route[]): Route | undefined {
  return part === undefined
    ? undefined
    : routes.find((route) => route.method === 'GET' && `${route.path}/${part}` === path);
}

function bodyOf({ method, body, answer }: Route, schemas: Schemas): Part {
  if (body === 'none' || method === 'GET') return {};
  if (body !== 'raw') return { requestBody: { required: true, ...json(schemas.input(body)) } };
  if (answer instanceof z.ZodString) {
    return {
      requestBody: { content: { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } } },
    };
  }
  const bytes = { schema: { type: 'string', format: 'binary' } };
  return { requestBody: { required: true, content: { 'application/octet-stream': bytes } } };
}
