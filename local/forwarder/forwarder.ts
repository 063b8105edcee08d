import { createServer, type IncomingMessage, type Server } from 'node:http';
import { endToEnd } from './headers.ts';
import { type Outcome, passOn, passUpgrade, sendJson } from './pass-on.ts';
import type { Routes, Upstream } from './routes.ts';

/** How long a request waits for an api-server, which is longer than one takes to start again. */
const HOLD_MS = 30_000;
const RETRY_MS = 250;

/**
 * The stable address of every deployment's api-server: `/<namespace>/...` goes, path unchanged, to one of the
 * namespace's upstreams. A request that none of them takes is held and tried again for `holdMs`, so that running
 * tasks do not see an api-server restart; then it is answered 503, and so at once is one to a namespace that is
 * stopped. The caller listens and closes.
 */
export function createForwarder(routes: Routes, holdMs = HOLD_MS): Server {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 });

  server.on('request', async (request, response) => {
    const headers = endToEnd(request.headersDistinct);
    const outcome = await attempt(
      namespaceOf(request),
      () => response.destroyed,
      (upstream) => passOn(request, response, { upstream, headers }),
    );
    if (outcome === 'unreachable') sendJson(response, 503, unavailable(request));
  });

  server.on('upgrade', async (request, socket, head) => {
    const headers = endToEnd(request.headersDistinct);
    socket.on('error', () => socket.destroy());
    const outcome = await attempt(
      namespaceOf(request),
      () => socket.destroyed,
      (upstream) => passUpgrade(request, socket, head, { upstream, headers }),
    );
    if (outcome === 'unreachable')
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n');
  });

  async function attempt(
    namespace: string,
    isGone: () => boolean,
    pass: (upstream: Upstream) => Promise<Outcome>,
  ): Promise<Outcome> {
    const deadline = performance.now() + holdMs;
    for (;;) {
      const upstreams = routes.of(namespace);
      if (upstreams === undefined) return 'unreachable';
      for (const upstream of upstreams) {
        if ((await pass(upstream)) === 'answered') return 'answered';
      }
      if (isGone() || performance.now() >= deadline) return 'unreachable';
      await routes.changed(RETRY_MS);
      routes.read();
    }
  }

  return server;
}

function namespaceOf({ url = '/' }: IncomingMessage): string {
  return /^\/([^/?]*)/.exec(url)?.[1] ?? '';
}

function unavailable(request: IncomingMessage): string {
  return `The Airflow of ${namespaceOf(request)} does not answer: it is starting, stopping or stopped. Try again later.`;
}
