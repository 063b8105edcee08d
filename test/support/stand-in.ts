import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from '../../local/ecs/container.ts';

/**
 * An image whose `windsock-airflow` is `stand-in.sh`: its components start and are healthy at once, its databases are
 * lines in a file of `folder`.
 */
export function standInImage(folder: string): Image {
  const binPath = join(folder, 'bin');
  mkdirSync(binPath, { recursive: true });
  copyFileSync(join(import.meta.dirname, 'stand-in.sh'), join(binPath, 'windsock-airflow'));
  chmodSync(join(binPath, 'windsock-airflow'), 0o755);
  return { binPath, environment: { STAND_IN_FOLDER: folder } };
}
