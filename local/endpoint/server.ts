import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readBody, UnreadableBody } from './body.ts';
import { jsonFailure } from './json.ts';
import { namesLoopback } from './loopback.ts';
import { ServiceError } from './service.ts';
import type { Failure, Protocol, WireAnswer, WireRequest } from './wire.ts';

/** DynamoDB takes the largest requests of all services served here: 16 MB (BatchWriteItem). */
const BODY_LIMIT = 16 * 1024 * 1024;

export interface EndpointServerOptions {
  /** In order: the first that claims a request answers it. */
  readonly protocols: readonly Protocol[];
  /** Told of errors that are no answer of a service, with the request's id. */
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * The loopback HTTP server behind every `AWS_ENDPOINT_URL_<SERVICE>` but S3's. It names the caller by the access
 * key id of the request and hands the request to the protocol that claims it. The caller listens and closes.
 */
export function createEndpointServer({ protocols, onError }: EndpointServerOptions): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void serve(request, response);
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = randomUUID();
    try {
      if (!namesLoopback(incoming.headers)) {
        throw new ServiceError('AccessDeniedException', 'Only programs of this machine are answered', 403);
      }
      const request = await readRequest(id, incoming);
      send(response, id, await answer(request));
    } catch (error) {
      send(response, id, jsonFailure(failureOf(error, id)));
    }
  }

  async function answer(request: WireRequest): Promise<WireAnswer> {
    const protocol = protocols.find((candidate) => candidate.claims(request));
    if (protocol === undefined) {
      const named = request.headers['x-amz-target'] ?? `${request.method} ${request.path}`;
      throw new ServiceError('UnknownOperationException', `No service here answers ${named}`);
    }
    try {
      if (protocol.isSigned !== false && request.principal === '') {
        throw new ServiceError(
          'UnrecognizedClientException',
          'The request carries no access key: its Authorization header has no Credential',
        );
      }
      return await protocol.answer(request);
    } catch (error) {
      return protocol.failure(request, failureOf(error, request.id));
    }
  }

  function failureOf(error: unknown, id: string): Failure {
    if (error instanceof ServiceError) return error;
    if (error instanceof UnreadableBody) {
      return { code: 'SerializationException', message: error.message, statusCode: error.statusCode };
    }
    onError(`request ${id} failed`, error);
    return { code: 'InternalServerError', message: `Internal error, request ${id}`, statusCode: 500 };
  }
}

async function readRequest(id: string, incoming: IncomingMessage): Promise<WireRequest> {
  return {
    id,
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: incoming.headers,
    body: await readBody(incoming, BODY_LIMIT),
    principal: accessKeyOf(incoming.headers.authorization),
  };
}

/** `AWS4-HMAC-SHA256 Credential=<access key id>/<date>/<region>/<service>/aws4_request, ...`. */
function accessKeyOf(authorization: string | undefined): string {
  return /\bCredential=([^/,\s]+)\//.exec(authorization ?? '')?.[1] ?? '';
}

function send(response: ServerResponse, id: string, answer: WireAnswer): void {
  response.writeHead(answer.status, {
    'x-amzn-requestid': id,
    'content-length': Buffer.byteLength(answer.body),
    ...answer.headers,
  });
  response.end(answer.body);
}
