import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Answer, Middleware } from './call.ts';

/** Every answer carries the request's id as `x-request-id`. */
export function requestId(): Middleware {
  function add(request: { event: APIGatewayProxyEventV2; response: Answer | null | undefined }): void {
    request.response = {
      ...request.response,
      headers: { ...request.response?.headers, 'x-request-id': request.event.requestContext.requestId },
    };
  }
  return { after: add, onError: add };
}
