import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { VisibleError } from '../../core/errors.ts';
import { Stale } from '../../core/store/transact.ts';
import { explain, log } from '../log.ts';
import type { Middleware } from './call.ts';

/** Every error as the API's error shape. What is not meant for the caller is a 500, and whole in the log. */
export function errors(): Middleware {
  return {
    onError(request) {
      const error = visible(request.error, request.event);
      request.response = {
        statusCode: error.statusCode,
        headers: { 'content-type': 'application/json', ...error.headers },
        body: JSON.stringify({
          message: error.message,
          requestId: request.event.requestContext.requestId,
          statusCode: error.statusCode,
          ...(error.fieldErrors.length > 0 && { fieldErrors: error.fieldErrors }),
        }),
      };
    },
  };
}

function visible(error: unknown, event: APIGatewayProxyEventV2): VisibleError {
  if (error instanceof VisibleError) return error;
  if (error instanceof Stale) return new VisibleError(409, error.message);
  const { requestId } = event.requestContext;
  log('error', 'request failed', { requestId, error: explain(error) });
  return new VisibleError(
    500,
    `Something failed on our side. Quote request ${requestId} when you report it.`,
  );
}
