import { mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The data folder that `npm test` prepares. */
export const preparedFolder = resolve(process.env.WINDSOCK_HOME ?? '.windsock');

/** Gives a test's own data folder the tools and images of the prepared one, so that they are installed once. */
export function shareInstallation(folder: string): void {
  for (const shared of ['tools', 'images']) {
    mkdirSync(join(preparedFolder, shared), { recursive: true, mode: 0o700 });
    symlinkSync(join(preparedFolder, shared), join(folder, shared));
  }
}
