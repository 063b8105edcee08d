import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type Server as NetServer, type Socket } from 'node:net';

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on both loopback addresses, for `localhost` may mean either; a machine without IPv6 has the one. Port 0
 * finds a free one.
 */
export async function listenOnLoopback(server: Server, port: number): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const second = await listenOnIpv6(server, bound);
  return {
    port: bound,
    async close() {
      second?.close();
      server.close();
      // Node's closeAllConnections leaves those that were upgraded, WebSockets.
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function listenOnIpv6(server: Server, port: number): Promise<NetServer | undefined> {
  const second = createServer((socket) => server.emit('connection', socket));
  second.listen(port, '::1');
  try {
    await once(second, 'listening');
    return second;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined;
    throw error;
  }
}
