import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { endToEnd, type Headers } from '../forwarder/headers.ts';
import { passOn, passUpgrade } from '../forwarder/pass-on.ts';
import type { Upstream } from '../forwarder/routes.ts';
import { type Authorize, rememberPasses } from './authorize.ts';
import { credentialOf } from './credential.ts';
import { destinationOf } from './destination.ts';
import type { Claims } from './keys.ts';
import {
  FOREIGN_HOST,
  FOREIGN_PAGE,
  NOT_FOUND,
  type Refusal,
  refuse,
  refuseUpgrade,
  UNAUTHENTICATED,
  UNREACHABLE,
} from './refusal.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface FrontDoorOptions {
  /** The platform's API and pages: every path that is not a deployment's. */
  readonly api: Handler;
  /** `/_local/*`. */
  readonly local: Handler;
  readonly authorize: Authorize;
  readonly sign: (claims: Claims) => Promise<string>;
  /** Where every deployment's api-server is reached by its namespace. */
  readonly forwarder: Upstream;
  readonly onError: (message: string, error: unknown) => void;
}

type Admission = { readonly status: 'admitted'; readonly headers: Headers } | Refusal;

/** A forwarder that was killed is back within this. */
const FORWARDER_BACK_MS = 5_000;
const RETRY_MS = 100;

/** The names of this machine. Any other in `Host` is a foreign page's that made its name point here. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** What an answer says of the whole origin: its cookies, storage and service workers. */
const OF_THE_ORIGIN = new Set(['set-cookie', 'clear-site-data', 'service-worker-allowed']);

/** What the front door alone says, and what a caller therefore may not. */
const OWN_HEADERS = /^(authorization|cookie|forwarded|x-forwarded-.*|x-real-ip|x-windsock-.*)$/;

/**
 * The public server. It authenticates every request to a deployment, takes the caller's credentials off it, and
 * sends it to the forwarder with a token that names who came, as what, for that deployment alone. The caller of
 * this function listens and closes.
 */
export function createFrontDoor(options: FrontDoorOptions): Server {
  const passOf = rememberPasses(options.authorize, options.sign);
  const server = createServer({ headersTimeout: 60_000, keepAliveTimeout: 60_000 });

  server.on('request', (request, response) => {
    serve(request, response).catch((error: unknown) => {
      options.onError(`${request.method} at the front door failed`, error);
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      options.onError('an upgrade at the front door failed', error);
      socket.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!LOOPBACK.test(request.headers.host ?? '')) {
      return refuse(response, FOREIGN_HOST);
    }
    const destination = destinationOf(request.url ?? '/');
    switch (destination.kind) {
      case 'local':
        return options.local(request, response);
      case 'api':
        return options.api(request, response);
      case 'nowhere':
        return refuse(response, NOT_FOUND);
      case 'airflow':
        return toAirflow(request, response, destination.namespace);
    }
  }

  async function toAirflow(
    request: IncomingMessage,
    response: ServerResponse,
    namespace: string,
  ): Promise<void> {
    const admission = await admit(request, namespace);
    if (admission.status === 'denied') {
      if (admission.statusCode !== 401 || !isBrowser(request)) return refuse(response, admission);
      const next = encodeURIComponent(request.url ?? '/');
      response.writeHead(303, { location: `/signin?next=${next}`, 'content-length': 0 }).end();
      return;
    }
    const passing = {
      upstream: options.forwarder,
      headers: admission.headers,
      answerHeaders: withinOwnPath,
    };
    const deadline = performance.now() + FORWARDER_BACK_MS;
    while ((await passOn(request, response, passing)) === 'unreachable') {
      if (response.destroyed || performance.now() > deadline) return refuse(response, UNREACHABLE);
      await delay(RETRY_MS);
    }
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const destination = destinationOf(request.url ?? '/');
    if (destination.kind !== 'airflow' || !LOOPBACK.test(request.headers.host ?? '')) {
      return refuseUpgrade(socket, NOT_FOUND);
    }
    const admission = await admit(request, destination.namespace);
    if (admission.status === 'denied') return refuseUpgrade(socket, admission);
    const passing = {
      upstream: options.forwarder,
      headers: admission.headers,
      answerHeaders: withinOwnPath,
    };
    const outcome = await passUpgrade(request, socket, head, passing);
    if (outcome === 'unreachable') refuseUpgrade(socket, UNREACHABLE);
  }

  /** The headers with which a request goes on, or why it does not. */
  async function admit(request: IncomingMessage, namespace: string): Promise<Admission> {
    const credential = credentialOf(request);
    if (credential === undefined) return UNAUTHENTICATED;
    if (credential === 'foreign-page') return FOREIGN_PAGE;
    const pass = await passOf(namespace, credential);
    if (pass.status === 'denied') return pass;
    const passed = Object.entries(endToEnd(request.headersDistinct)).filter(
      ([name]) => !OWN_HEADERS.test(name),
    );
    return {
      status: 'admitted',
      headers: {
        ...Object.fromEntries(passed),
        authorization: `Bearer ${pass.token}`,
        'x-forwarded-for': request.socket.remoteAddress ?? '',
        'x-forwarded-host': request.headers.host ?? '',
        'x-forwarded-proto': 'http',
      },
    };
  }

  return server;
}

/**
 * What an Airflow says to a browser is of its own path alone: every deployment has the same origin, whose cookies,
 * storage and service workers are the whole machine's. None of them is needed.
 */
function withinOwnPath(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_ORIGIN.has(name)));
}

function isBrowser({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' && (headers.accept ?? '').includes('text/html') && headers.authorization === undefined
  );
}
