import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on a free loopback port. */
export interface Running {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

export async function listen(server: Server, port = 0): Promise<Running> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An HTTP server that answers what it was asked. */
export const upstream = (listener: RequestListener, port = 0) => listen(createServer(listener), port);

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
