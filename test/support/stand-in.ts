import { chmodSync, copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from '../../local/ecs/container.ts';

/**
 * An image whose `windsock-airflow` is `stand-in.sh`: its components start and are healthy at once, its databases are
 * lines in a file of `folder`.
 */
export function standInImage(folder: string): Image {
  const binPath = join(folder, 'bin');
  mkdirSync(binPath, { recursive: true });
  const fresh = join(folder, 'windsock-airflow.new');
  copyFileSync(join(import.meta.dirname, 'stand-in.sh'), fresh);
  chmodSync(fresh, 0o755);
  // A file that somebody executes cannot be written, but replaced.
  renameSync(fresh, join(binPath, 'windsock-airflow'));
  return { binPath, environment: { STAND_IN_FOLDER: folder } };
}
