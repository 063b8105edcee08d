import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why a request goes no further, as its sender is told. */
export interface Refusal {
  readonly status: 'denied';
  readonly statusCode: number;
  readonly message: string;
}

const denied = (statusCode: number, message: string): Refusal => ({ status: 'denied', statusCode, message });

export const NOT_FOUND = denied(404, 'Not found.');
export const UNREACHABLE = denied(503, 'The deployments cannot be reached. Try again later.');
export const FOREIGN_PAGE = denied(403, 'The request comes from a page of another origin.');
export const FOREIGN_HOST = denied(
  403,
  'Use http://localhost: the host that was asked for is no name of this machine.',
);
export const UNAUTHENTICATED = denied(
  401,
  'Send a token in the header `Authorization: Bearer <token>`, or sign in at /signin.',
);

/** Answers a refusal as the API answers errors. */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  const body = bodyOf(refusal);
  response.writeHead(refusal.statusCode, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Refuses a request to switch protocols, whose connection then ends. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const body = bodyOf(refusal);
  socket.end(
    `HTTP/1.1 ${refusal.statusCode} Refused\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function bodyOf({ message, statusCode }: Refusal): string {
  return JSON.stringify({ message, requestId: randomUUID(), statusCode });
}
