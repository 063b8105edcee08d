import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock/clock.ts';
import { readBody, tooLarge, UnreadableBody } from '../endpoint/body.ts';
import { type LambdaHost, PAYLOAD_LIMIT } from '../lambda/host.ts';
import { toEvent } from './event.ts';
import { type HttpAnswer, toHttp } from './result.ts';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface GatewayOptions {
  readonly host: LambdaHost;
  readonly functionName: string;
  readonly clock: Clock;
  /** Told of a function's answer that is no HTTP answer. */
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * API Gateway's HTTP API before one function: every request becomes an event (payload format 2.0), the function's
 * answer becomes the response. A request too large for Lambda is answered 413; a function that fails, 500.
 */
export function gateway({ host, functionName, clock, onError }: GatewayOptions): HttpHandler {
  return async (request, response) => {
    const requestId = randomUUID();
    const answer = await respond(request, requestId);
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  };

  async function respond(request: IncomingMessage, requestId: string): Promise<HttpAnswer> {
    try {
      const body = await readBody(request, PAYLOAD_LIMIT);
      const payload = JSON.stringify(toEvent(request, body, requestId, clock.now()));
      if (Buffer.byteLength(payload) > PAYLOAD_LIMIT) throw tooLarge(PAYLOAD_LIMIT);
      const invocation = await host.invoke(functionName, payload);
      return invocation.status === 'succeeded'
        ? toHttp(invocation.payload)
        : failure(500, 'Internal Server Error', requestId);
    } catch (error) {
      if (error instanceof UnreadableBody) return failure(error.statusCode, error.message, requestId);
      onError(`request ${requestId} to ${functionName} failed`, error);
      return failure(500, 'Internal Server Error', requestId);
    }
  }
}

/** An error in the API's own shape. */
function failure(statusCode: number, message: string, requestId: string): HttpAnswer {
  return {
    status: statusCode,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message, requestId, statusCode })),
  };
}
