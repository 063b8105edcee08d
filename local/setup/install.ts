import { run } from './run.ts';

/**
 * What installs into a folder of the data folder. A runner that is killed leaves its installer behind; the lock is
 * the installer's own, so that the next runner waits for its end before it clears the folder and begins anew.
 */
export interface Installer {
  /** Waits for an installer that an earlier runner left. */
  begin(): Promise<void>;
  /** Runs a program to its end, as `run` does. What fails says what to do. */
  run(file: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<void>;
}

/** The installer of `what`, whose lock is this file. */
export function installerOf(what: string, lock: string): Installer {
  return {
    async begin() {
      await run('flock', [lock, 'true']);
    },
    async run(file, args, environment) {
      await run('flock', [lock, file, ...args], environment).catch((error: unknown) => {
        throw new Error(`${what} could not be installed. ${remedy(String(error))}`, { cause: error });
      });
    },
  };
}

function remedy(said: string): string {
  if (/No space left|os error 28|Disk quota/i.test(said)) {
    return 'The disk is full. Free some space, or put the data folder elsewhere: WINDSOCK_HOME=/another/disk npm start';
  }
  return (
    'Does the Python registry answer? Behind a proxy: set HTTPS_PROXY. ' +
    'With a mirror: set PIP_INDEX_URL and UV_INDEX_URL. What is installed already is kept: start again.'
  );
}
