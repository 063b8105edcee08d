import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { readIfThere } from '../files.ts';

/** Where a deployment's api-server listens. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
}

const upstream = z
  .string()
  .regex(/^[\w.-]+:\d+$/)
  .transform((text): Upstream => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  });

/**
 * The routes file: namespace to the `host:port` of its healthy api-servers, an empty list while there is none. What
 * is stopped or deleted does not stand in it.
 */
const routesFile = z.record(z.string(), z.array(upstream));

/** The routes as they are now; none when the file is not there. Throws when it cannot be read. */
export function readRoutes(path: string): z.infer<typeof routesFile> {
  return routesFile.parse(JSON.parse(readIfThere(path) ?? '{}'));
}

export type Routes = ReturnType<typeof openRoutes>;

/**
 * Follows the routes file, which its writer replaces whole. A file that is not there has no routes; one that cannot
 * be read leaves the routes as they are and is told to `onError`.
 */
export function openRoutes(path: string, onError: (message: string, error: unknown) => void) {
  let routes: z.infer<typeof routesFile> = {};
  let turn = 0;
  const waiting = new Set<() => void>();
  const watcher: FSWatcher = watch(dirname(path), (_, name) => {
    if (name !== basename(path)) return;
    read();
    for (const wake of waiting) wake();
  });

  function read(): void {
    try {
      routes = readRoutes(path);
    } catch (error) {
      onError('the routes file cannot be read', error);
    }
  }
  read();

  return {
    read,

    /**
     * The upstreams of a namespace, each call beginning with another of them; undefined when nothing of it is to run.
     */
    of(namespace: string): readonly Upstream[] | undefined {
      if (!Object.hasOwn(routes, namespace)) read();
      const found = Object.hasOwn(routes, namespace) ? routes[namespace] : undefined;
      if (found === undefined || found.length < 2) return found;
      turn = (turn + 1) % found.length;
      return [...found.slice(turn), ...found.slice(0, turn)];
    },

    /** Returns when the file changed, at the latest after `milliseconds`. */
    changed(milliseconds: number): Promise<void> {
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, milliseconds);
        waiting.add(wake);
      });
    },

    close: () => watcher.close(),
  };
}
