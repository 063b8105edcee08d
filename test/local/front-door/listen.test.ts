import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listenOnLoopback } from '../../../local/front-door/listen.ts';

test('an open WebSocket does not keep it from closing', async () => {
  const server = createServer();
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  });
  const listening = await listenOnLoopback(server, 0);
  const client = connect(listening.port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  await once(client, 'data');
  const ended = once(client, 'close');
  await listening.close();
  await ended;
  expect(client.destroyed).toBe(true);
});
