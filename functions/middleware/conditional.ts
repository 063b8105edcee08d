import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { changedMeanwhile, invalid } from '../../core/errors.ts';
import { expectVersions, noteVersions, type Versions } from '../../core/store/versions.ts';
import { etagOf, isKnown, isMatched } from '../api/etag.ts';
import type { Reply } from '../api/route.ts';
import type { Matched, Router } from '../api/router.ts';
import type { Services } from '../services.ts';
import { type Middleware, part } from './call.ts';

/**
 * JSON that is read, and what an update answers of the resource that it updated, carries an ETag; a reader that
 * knows it already (If-None-Match) is answered 304.
 */
export function entityTag(router: Router): Middleware {
  return {
    after(request) {
      const { event, response } = request;
      const { method } = part(event, 'route');
      const isResource = method === 'GET' || resourceOf(router, event) !== undefined;
      const isJson = response?.headers?.['content-type'] === 'application/json';
      if (!isResource || part(event, 'input').isDryRun || !isJson) return;
      if (response?.statusCode !== 200 || typeof response.body !== 'string') return;
      const etag = etagOf(response.body);
      const known = method === 'GET' ? part(event, 'request').headers['if-none-match'] : undefined;
      request.response =
        known !== undefined && isKnown(known, etag)
          ? { statusCode: 304, headers: { etag } }
          : { ...response, headers: { ...response.headers, etag } };
    },
  };
}

/**
 * Calls the handler of an update or delete, or what plans it, with If-Match only while what GET answers of the same
 * path, or of what its path is a part of, has that ETag: 412 when it has not, or when what it is made of changes
 * before the command is done.
 */
export async function ifMatched(
  router: Router,
  services: Services,
  event: APIGatewayProxyEventV2,
  handle: (services: Services) => Promise<Reply<unknown>>,
): Promise<Reply<unknown>> {
  const ifMatch = part(event, 'request').headers['if-match'];
  if (ifMatch === undefined || part(event, 'route').method === 'GET') return await handle(services);
  const resource = resourceOf(router, event) ?? wholeOf(router, event);
  if (resource === undefined) {
    const message = 'is for updates and deletes of what GET answers at the same path, and of its roles';
    throw invalid({ field: 'If-Match', code: 'not_conditional', message });
  }
  const versions: Versions = new Map();
  const body = await read(resource, services.through(noteVersions(services.database, versions)), event);
  if (!isMatched(ifMatch, etagOf(body))) throw changedMeanwhile();
  const expecting = expectVersions(services.database, versions);
  try {
    return await handle(services.through(expecting.client));
  } catch (error) {
    throw expecting.isBroken() ? changedMeanwhile() : error;
  }
}

/** The GET of what a request updates or deletes. */
function resourceOf(router: Router, event: APIGatewayProxyEventV2): Matched | undefined {
  const { method, answer } = part(event, 'route');
  const resource = router.match('GET', event.rawPath);
  return method === 'DELETE' || resource?.route.answer === answer ? resource : undefined;
}

/** The GET of what a request updates a part of. */
function wholeOf(router: Router, event: APIGatewayProxyEventV2): Matched | undefined {
  const { part: name } = part(event, 'route');
  return name === undefined ? undefined : router.match('GET', event.rawPath.slice(0, -`/${name}`.length));
}

/** The text that GET would answer now. */
async function read(
  { route, parameters }: Matched,
  services: Services,
  event: APIGatewayProxyEventV2,
): Promise<string> {
  const input = {
    params: route.params.parse(parameters),
    query: route.query.parse({}),
    body: undefined,
    request: part(event, 'request'),
  };
  const { body } = await route.handle(part(event, 'scope'), input, services);
  return JSON.stringify(route.answer.parse(body));
}
