import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { endToEnd, type Headers } from './headers.ts';
import type { Upstream } from './routes.ts';

/** `unreachable`: the request may be tried again; the upstream has seen nothing of it, or only read for it. */
export type Outcome = 'answered' | 'unreachable';

export interface Passing {
  readonly upstream: Upstream;
  /** What the upstream is sent; the request's own headers end to end, as the proxy changed them. */
  readonly headers: Readonly<Headers>;
  /** What the caller is answered, from what the upstream answered. */
  readonly answerHeaders?: (headers: Headers) => Headers;
}

/**
 * Kept connections serve only requests that are safe to repeat: an upstream may close one at the moment when a
 * request is written to it, and who sent that request cannot know whether it was read. 4 s is below the 5 s after
 * which uvicorn closes idle connections.
 */
const kept = new Agent({ keepAlive: true, timeout: 4_000, maxFreeSockets: 64 });

/** Streams one request to an upstream and its answer back. An upstream that fails while it may
 * have changed something is answered with 502. */
export function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  passing: Passing,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let sent = false;
    const outgoing = open(request, passing, withFraming(request, passing.headers));
    const abandon = () => outgoing.destroy();
    const settle = (outcome: Outcome) => {
      response.off('close', abandon);
      resolve(outcome);
    };
    response.once('close', abandon);
    whenConnected(outgoing, () => {
      sent = true;
      request.pipe(outgoing);
    });
    outgoing.once('error', (error) => {
      if (!response.headersSent && !response.destroyed) {
        if (!sent || isRepeatable(request)) return settle('unreachable');
        sendJson(response, 502, `The deployment ended the connection before it answered: ${error.message}`);
      }
      response.destroy();
      settle('answered');
    });
    outgoing.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answerHeaders(answer, passing));
      response.flushHeaders();
      pipeline(answer, response, () => settle('answered'));
    });
  });
}

/** As `passOn`, for a request that asks to switch protocols (WebSocket). */
export function passUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  passing: Passing,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let sent = false;
    const { upgrade = '' } = request.headers;
    const outgoing = open(request, passing, { ...passing.headers, connection: 'Upgrade', upgrade });
    whenConnected(outgoing, () => {
      sent = true;
      outgoing.end();
    });
    outgoing.once('error', () => {
      if (!sent) return resolve('unreachable');
      socket.destroy();
      resolve('answered');
    });
    outgoing.once('upgrade', (answer, upstream, upstreamHead) => {
      const { upgrade: protocol = upgrade } = answer.headers;
      const switched = { connection: 'Upgrade', upgrade: protocol, ...answerHeaders(answer, passing) };
      socket.write(`${statusLine(answer)}${headerLines(switched)}\r\n`);
      socket.write(upstreamHead);
      upstream.write(head);
      pipeline(upstream, socket, upstream, () => resolve('answered'));
    });
    outgoing.once('response', (answer) => {
      const headers = { connection: 'close', ...answerHeaders(answer, passing) };
      socket.write(`${statusLine(answer)}${headerLines(headers)}\r\n`);
      pipeline(answer, socket, () => resolve('answered'));
    });
  });
}

/** The platform's error answer, as its API gives it. */
export function sendJson(response: ServerResponse, statusCode: number, message: string): void {
  const body = JSON.stringify({ message, statusCode });
  response.writeHead(statusCode, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function open(request: IncomingMessage, { upstream }: Passing, headers: Headers) {
  const mayBeKept = isRepeatable(request) && headers.upgrade === undefined;
  return httpRequest({
    host: upstream.host,
    port: upstream.port,
    method: request.method,
    path: request.url,
    headers,
    agent: mayBeKept ? kept : false,
  });
}

/** Whether a request only reads, and has no body that would be gone by the second time. */
function isRepeatable({ method = '', headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return ['GET', 'HEAD', 'OPTIONS'].includes(method) && !hasBody;
}

function whenConnected(outgoing: ReturnType<typeof httpRequest>, then: () => void): void {
  outgoing.once('socket', (socket: Socket) => {
    if (socket.connecting) socket.once('connect', then);
    else then();
  });
}

/** A body of unknown length stays one. */
function withFraming(request: IncomingMessage, headers: Headers): Headers {
  const chunked = request.headers['transfer-encoding'] !== undefined;
  return chunked ? { ...headers, 'transfer-encoding': 'chunked' } : { ...headers };
}

function statusLine({ statusCode, statusMessage }: IncomingMessage): string {
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;
}

/** Those of an upstream's answer that its caller is sent. */
function answerHeaders({ headersDistinct }: IncomingMessage, passing: Passing): Headers {
  const headers = endToEnd(headersDistinct);
  return passing.answerHeaders?.(headers) ?? headers;
}

function headerLines(headers: Headers): string {
  return Object.entries(headers)
    .flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`))
    .join('');
}
