import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a request names this machine as loopback does: in Host and, where a browser sends it, in Origin. What a
 * web page asks for by a name that it made point here (DNS rebinding), or from another origin, is not.
 */
export function namesLoopback({ host, origin }: IncomingHttpHeaders): boolean {
  const name = (url: string) => (URL.canParse(url) ? new URL(url).hostname : '');
  return LOOPBACK.has(name(`http://${host ?? ''}`)) && (origin === undefined || LOOPBACK.has(name(origin)));
}
