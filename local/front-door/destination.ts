import { NAMESPACE } from '../../core/deployment/namespace.ts';

/** Where a request to the public port belongs. */
export type Destination =
  | { readonly kind: 'local' }
  | { readonly kind: 'api' }
  | { readonly kind: 'airflow'; readonly namespace: string }
  /** What only a deployment's own components may reach, at the forwarder, or a path that hides where it leads. */
  | { readonly kind: 'nowhere' };

/** What Airflow mounts for running tasks and edge workers; compared in lower case. */
const INTERNAL = ['execution', 'edge_worker'];

/** Reads where a request goes from its target as it came (`/path?query`). */
export function destinationOf(url: string): Destination {
  if (!url.startsWith('/')) return { kind: 'nowhere' };
  if (/^\/_local(?=[/?]|$)/.test(url)) return { kind: 'local' };
  const [path = ''] = url.split(/[?#]/);
  const [namespace = '', ...rest] = path.slice(1).split('/');
  if (!NAMESPACE.test(namespace)) return { kind: 'api' };
  return isOpen(rest.join('/')) ? { kind: 'airflow', namespace } : { kind: 'nowhere' };
}

/**
 * Whether a path below the namespace may be reached from outside, however a server behind reads it: it is judged
 * at every level of percent-encoding, with either slash, with repeated slashes as one.
 */
function isOpen(path: string): boolean {
  for (let text = path; ; ) {
    const segments = text
      .toLowerCase()
      .split(/[/\\]+/)
      .filter((segment) => segment !== '');
    if (segments.some((segment) => /^\.\.?(;|$)/.test(segment))) return false;
    if (INTERNAL.some((name) => segments[0]?.startsWith(name))) return false;
    const decoded = decode(text);
    if (decoded === undefined) return false;
    if (decoded === text) return true;
    text = decoded;
  }
}

/** Undefined for what is not percent-encoded UTF-8. A literal `%` that an encoded one stood for is left alone. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return undefined;
  }
}
