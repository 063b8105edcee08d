import { performance } from 'node:perf_hooks';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Id } from '../../core/id.ts';
import { log } from '../log.ts';
import { type Answer, type Call, known, type Middleware } from './call.ts';

/**
 * One line for each request, in JSON: which operation, on what, who, how it ended, how long it took. No header, no
 * query and no body, which may hold secrets, and of the path's parameters the ids of things alone.
 */
export function logging(): Middleware {
  const started = new WeakMap<APIGatewayProxyEventV2, number>();
  function write(event: APIGatewayProxyEventV2, response: Answer | null | undefined): void {
    const { scope, route, pathParameters } = known(event);
    log('info', 'request', {
      requestId: event.requestContext.requestId,
      method: event.requestContext.http.method,
      path: route?.path,
      operation: route?.operation,
      ...idsIn(pathParameters),
      userId: scope?.actor.type === 'user' ? scope.actor.userId : undefined,
      apiTokenId: scope?.actor.type === 'apiToken' ? scope.actor.tokenId : undefined,
      statusCode: response?.statusCode,
      milliseconds: Math.round(performance.now() - (started.get(event) ?? performance.now())),
    });
  }
  return {
    before: ({ event }) => void started.set(event, performance.now()),
    after: ({ event, response }) => write(event, response),
    onError: ({ event, response }) => write(event, response),
  };
}

function idsIn(parameters: Call['pathParameters'] = {}): Call['pathParameters'] {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => Id.safeParse(value).success));
}
