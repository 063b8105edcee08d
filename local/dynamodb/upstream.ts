import { Agent, request } from 'node:http';
import { ServiceError } from '../endpoint/service.ts';
import type { WireAnswer } from '../endpoint/wire.ts';

/** The database process behind the DynamoDB endpoint, which speaks DynamoDB's own protocol. */
export interface Upstream {
  /** Sends one request on. Throws InternalServerError, which clients retry, while the database is away. */
  send(headers: Readonly<Record<string, string>>, body: Buffer): Promise<WireAnswer>;
  close(): void;
}

/** Reaches the database at this loopback port over connections that are kept. */
export function openUpstream(port: number): Upstream {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  return {
    send(headers, body) {
      const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
      const fail = (error: Error) =>
        reject(
          new ServiceError('InternalServerError', `The database does not answer: ${error.message}`, 500),
        );
      const outgoing = request({
        host: '127.0.0.1',
        port,
        agent,
        method: 'POST',
        path: '/',
        headers: { ...headers, 'content-length': body.length },
      });
      outgoing.on('error', fail);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          const kept = ['content-type', 'x-amz-crc32'].flatMap((name) => {
            const value = response.headers[name];
            return typeof value === 'string' ? [[name, value]] : [];
          });
          resolve({
            status: response.statusCode ?? 500,
            headers: Object.fromEntries(kept),
            body: Buffer.concat(chunks),
          });
        });
      });
      outgoing.end(body);
      return promise;
    },
    close: () => agent.destroy(),
  };
}
