import type { IncomingMessage } from 'node:http';
import { sessionOf } from '../../core/session/cookie.ts';
import type { Credential } from './authorize.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The credential of a request to a deployment: its token, else the browser's session, else none. A browser sends
 * the session with requests that other sites' pages make, so one that changes something, or opens a WebSocket,
 * counts only when the page is of this origin.
 */
export function credentialOf(request: IncomingMessage): Credential | 'foreign-page' | undefined {
  const { authorization, cookie = '', origin, host, upgrade } = request.headers;
  if (authorization !== undefined) return { kind: 'token', authorization };
  const session = sessionOf(
    cookie.split(';').map((pair) => pair.trim()),
    `http://${host}`,
  );
  if (session === undefined) return undefined;
  const harmless = SAFE.has(request.method ?? '') && upgrade === undefined;
  if (!harmless && origin !== `http://${host}`) return 'foreign-page';
  return { kind: 'session', session };
}
