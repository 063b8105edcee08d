import { join } from 'node:path';
import type { Images } from '../ecs/images.ts';
import type { Home } from '../home.ts';
import type { Ports } from '../ports.ts';
import { POSTGRES_SUPERUSER, postgresPassword } from '../servers/postgres.ts';
import { RUNTIME_IMAGE } from './prepare.ts';
import { run } from './run.ts';

/**
 * Migrates the database that those of new deployments are copied from, so that the first of them need not wait
 * for all of it: a deployment that is created meanwhile waits for this one's end. Ends early with `signal`.
 */
export async function makeTemplate(
  home: Home,
  ports: Ports,
  images: Images,
  signal: AbortSignal,
): Promise<void> {
  const { binPath } = await images.build(RUNTIME_IMAGE);
  const environment = {
    WINDSOCK_DATABASE_HOST: '127.0.0.1',
    WINDSOCK_DATABASE_PORT: String(ports.postgres),
    WINDSOCK_CELL_DATABASE_USER: POSTGRES_SUPERUSER,
    WINDSOCK_CELL_DATABASE_PASSWORD: postgresPassword(home),
    WINDSOCK_RUNTIME_VERSION: RUNTIME_IMAGE.slice(RUNTIME_IMAGE.indexOf(':') + 1),
  };
  try {
    await run(join(binPath, 'windsock-airflow'), ['database', 'template'], environment, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
