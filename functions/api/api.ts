import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { preview } from '../../core/operation/preview.ts';
import { answer } from '../middleware/answer.ts';
import { authentication } from '../middleware/authentication.ts';
import { authorization } from '../middleware/authorization.ts';
import { type Answer, part } from '../middleware/call.ts';
import { entityTag, ifMatched } from '../middleware/conditional.ts';
import { errors } from '../middleware/errors.ts';
import { idempotently, keyOf } from '../middleware/idempotency.ts';
import { logging } from '../middleware/logging.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { rawRequest } from '../middleware/raw-request.ts';
import { requestId } from '../middleware/request-id.ts';
import { requestScope } from '../middleware/request-scope.ts';
import { routing } from '../middleware/routing.ts';
import { validation } from '../middleware/validation.ts';
import type { Services } from '../services.ts';
import { createRouter } from './router.ts';
import { routes } from './table.ts';

/** The API: finds the route, lets the middlewares check and prepare the request, and calls the route's handler. */
export function createApi(services: Services) {
  const router = createRouter(routes);
  return middy<APIGatewayProxyEventV2, Answer>()
    .use(logging())
    .use(requestId())
    .use(errors())
    .use(requestScope())
    .use(routing(router))
    .use(rawRequest())
    .use(authentication(services))
    .use(rateLimit(services))
    .use(authorization(services))
    .use(validation())
    .use(entityTag(router))
    .use(answer())
    .handler(async (event) => {
      const { params, query, body, isDryRun } = part(event, 'input');
      const input = { params, query, body, request: part(event, 'request') };
      const route = part(event, 'route');
      const scope = part(event, 'scope');
      const key = keyOf(event);
      const { plan } = route;
      if (isDryRun && plan) {
        const { deploymentId } = part(event, 'pathParameters');
        const { authorization = '' } = input.request.headers;
        return await ifMatched(router, services, event, async (guarded) => {
          const planned = await plan(scope, input, guarded);
          return { body: await preview(services, planned, { deploymentId, authorization }) };
        });
      }
      return await idempotently(services, event, key, (fenced) =>
        ifMatched(router, fenced, event, (guarded) => route.handle(scope, input, guarded)),
      );
    });
}
