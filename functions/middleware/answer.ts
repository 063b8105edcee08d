import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Planned } from '../../core/operation/view.ts';
import { type Answer, type Middleware, part } from './call.ts';

/**
 * Shapes the handler's reply by the route's schema, so that nothing goes out that the API does not have. A text
 * (a page, XML) goes out as it is, with the handler's content type; all else as JSON.
 */
export function answer(): Middleware {
  return {
    after(request) {
      const { isDryRun } = part(request.event, 'input');
      const schema = isDryRun ? Planned : part(request.event, 'route').answer;
      request.response = shape(schema.parse(request.response?.body), request.response);
    },
  };
}

function shape(body: unknown, reply: Answer | null | undefined): APIGatewayProxyStructuredResultV2 {
  const headers = { ...reply?.headers };
  const cookies = [...(reply?.cookies ?? [])];
  if (body === undefined) return { statusCode: reply?.statusCode ?? 204, headers, cookies };
  const statusCode = reply?.statusCode ?? 200;
  if (typeof body === 'string') return { statusCode, headers, cookies, body };
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    cookies,
    body: JSON.stringify(body),
  };
}
