import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The public host that the CLI asks for runtime versions before it creates a deployment from a file. */
const HOST = 'updates.astronomer.io';
const VERSIONS = {
  runtimeVersions: {},
  runtimeVersionsV3: {
    '3.3-2': { metadata: { airflowVersion: '3.3.2', channel: 'stable', releaseDate: '2026-09-17' } },
  },
};

/** Stands in for that host, on a machine that reaches no public one. */
export interface ReleaseHost {
  /** With these variables the CLI reaches the stand-in under the host's own name. */
  readonly environment: Record<string, string>;
  stop(): void;
}

export async function startReleaseHost(): Promise<ReleaseHost> {
  const folder = mkdtempSync(join(tmpdir(), 'windsock-releases-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, ...files],
    {
      stdio: 'ignore',
    },
  );
  const host = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(VERSIONS));
    },
  );
  const proxy = createProxy();
  proxy.on('connect', (_request, client) => {
    const server = connect(portOf(host), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    for (const socket of [server, client]) socket.on('error', () => socket.destroy());
  });
  for (const listener of [host, proxy]) {
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
  }
  return {
    environment: { HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`, SSL_CERT_FILE: certificate },
    stop() {
      host.closeAllConnections();
      host.close();
      proxy.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}
