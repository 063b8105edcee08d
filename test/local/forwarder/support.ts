import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { freePort } from '../../support/ports.ts';

/** A server on a loopback port. */
export interface Running {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens on this port, or on a free one that is nobody else's once it has stopped. */
export async function listen(server: Server, given?: number): Promise<Running> {
  const port = given ?? (await freePort());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An HTTP server that answers what it was asked. */
export const upstream = (listener: RequestListener, port?: number) => listen(createServer(listener), port);

export const echo: RequestListener = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      method: request.method,
      path: request.url,
      headers: request.headersDistinct,
      body: Buffer.concat(chunks).toString(),
    }),
  );
};
