import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { readBody, UnreadableBody } from '../endpoint/body.ts';
import type { Allows } from '../endpoint/grants.ts';
import { namesLoopback } from '../endpoint/loopback.ts';
import type { S3Answer } from './call.ts';
import { arnOf, denied } from './denied.ts';
import { S3Error } from './errors.ts';
import { operationOf } from './operations.ts';
import { verifyPresigned } from './presigned.ts';
import { parseTarget, type Target } from './request.ts';
import type { Store } from './store.ts';
import { toXml } from './xml.ts';

/** DeleteObjects with 1000 keys of 1 KiB, each with its tags. */
const XML_LIMIT = 2 * 1024 * 1024;

export interface S3Options {
  readonly store: Store;
  readonly allows: Allows;
  /** The secret access key of every principal of this machine, by which presigned URLs are signed. */
  readonly secret: string;
  /** Told of errors that are no answer of S3, with the request's id. */
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * The server behind `AWS_ENDPOINT_URL_S3`: the operations in use, REST-XML. The access key id of a request names
 * its caller; a presigned URL must also carry a right signature. The caller of this function listens and closes.
 */
export function createS3({ store, allows, secret, onError }: S3Options): Server {
  return createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    void serve(request, response);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = randomUUID();
    response.setHeader('x-amz-request-id', id);
    try {
      await send(response, await answer(request), request.method === 'HEAD');
    } catch (error) {
      if (response.destroyed) return; // The caller has gone.
      const failure = failureOf(error, id);
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const { code: Code, message: Message } = failure;
      const body = toXml('Error', { Code, Message, Resource: request.url, RequestId: id });
      await send(response, { status: failure.statusCode, body }, request.method === 'HEAD');
    }
  }

  async function answer(request: IncomingMessage): Promise<S3Answer> {
    const { method = 'GET', url = '/', headers } = request;
    if (!namesLoopback({ ...headers, host: withoutBucket(headers.host) })) {
      throw new S3Error('AccessDenied', 'Only this machine is answered: name it as 127.0.0.1 or localhost.');
    }
    const target = parseTarget(url, headers);
    const principal = principalOf(request, target);
    const operation = operationOf(method, target, headers['x-amz-copy-source'] !== undefined);
    const allowed = (action: string, bucket: string, key: string) =>
      allows(principal, action, [arnOf(bucket, key)], {
        's3:prefix': key === '' ? (target.query.get('prefix') ?? '') : key,
      });
    const { action } = operation;
    if (action !== undefined && !allowed(action, target.bucket, target.key)) {
      throw denied(principal, action, target.bucket, target.key);
    }
    try {
      return await operation.run({
        ...target,
        store,
        headers,
        body: request,
        text: async () => (await readBody(request, XML_LIMIT)).toString(),
        principal,
        allows: allowed,
      });
    } catch (error) {
      const hidden = error instanceof S3Error && error.code === 'NoSuchKey';
      if (
        !hidden ||
        allows(principal, 's3:ListBucket', [arnOf(target.bucket, '')], { 's3:prefix': target.key })
      ) {
        throw error;
      }
      throw denied(principal, 's3:ListBucket', target.bucket, '');
    }
  }

  function principalOf({ method = 'GET', headers }: IncomingMessage, { path, query }: Target): string {
    if (query.has('X-Amz-Signature')) {
      return verifyPresigned({ method, path, query, headers }, secret, store.now());
    }
    const named = /\bCredential=([^/,\s]+)\//.exec(headers.authorization ?? '')?.[1];
    if (named !== undefined) return named;
    throw new S3Error('AccessDenied', 'The request carries no access key and is no presigned URL.');
  }

  function failureOf(error: unknown, id: string): S3Error {
    if (error instanceof S3Error) return error;
    if (error instanceof UnreadableBody) {
      return new S3Error(
        error.statusCode === 413 ? 'MaxMessageLengthExceeded' : 'IncompleteBody',
        error.message,
      );
    }
    onError(`request ${id} failed`, error);
    return new S3Error('InternalError', `Internal error, request ${id}.`);
  }
}

async function send(response: ServerResponse, answer: S3Answer, bodiless: boolean): Promise<void> {
  const { status, headers, body } = answer;
  if (body === undefined) {
    response.writeHead(status, headers ?? { 'content-length': 0 }).end();
  } else if (typeof body === 'string') {
    response.writeHead(status, {
      ...headers,
      'content-type': 'application/xml',
      'content-length': Buffer.byteLength(body),
    });
    response.end(bodiless ? undefined : body);
  } else {
    response.writeHead(status, headers);
    const { file, range } = body;
    await pipeline(createReadStream('', { fd: file, start: range.start, end: range.end }), response);
  }
}

/** The host of a virtual-hosted request, `<bucket>.localhost`, without its bucket. */
function withoutBucket(host = ''): string {
  return host.replace(/^.*\.(?=localhost(?::|$))/, '');
}
