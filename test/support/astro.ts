import { execFile } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PATIENCE } from './patience.ts';

/** What a person sees of one call of the CLI. */
export interface Printed {
  readonly exitCode: number;
  /** Standard output and standard error, in the order they came. */
  readonly text: string;
}

/** The real `astro` CLI with a home folder of its own. */
export interface Astro {
  /** Its home folder. */
  readonly home: string;
  run(
    args: readonly string[],
    options?: {
      cwd?: string;
      environment?: Record<string, string>;
      /** Told all that has been printed so far, each time that more is. */
      onPrint?: (text: string) => void;
    },
  ): Promise<Printed>;
  /** What it prints when it succeeds; an error that shows it when it does not. */
  done(...call: Parameters<Astro['run']>): Promise<string>;
  remove(): Promise<void>;
}

/** `ASTRO_BIN`, else the one beside the checkout, else `astro` on the PATH. */
async function findAstro(): Promise<string> {
  const beside = join(import.meta.dirname, '..', '..', '..', 'shared', 'bin', 'astro');
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'astro'));
  const candidates = [process.env.ASTRO_BIN, beside, ...onPath].filter((path) => path !== undefined);
  for (const candidate of candidates) {
    const found = await access(candidate).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  throw new Error('The astro CLI was not found: set ASTRO_BIN to its path');
}

/** Prepares the CLI for this machine's platform: no telemetry, and only this platform's domain. */
export async function createAstro(): Promise<Astro> {
  const [binary, home] = await Promise.all([findAstro(), mkdtemp(join(tmpdir(), 'astro-home-'))]);
  const astro: Astro = {
    home,
    async done(args, options) {
      const { exitCode, text } = await astro.run(args, options);
      if (exitCode !== 0) throw new Error(`astro ${args.join(' ')} ended with ${exitCode}:\n${text}`);
      return text;
    },
    run(args, { cwd = home, environment = {}, onPrint } = {}) {
      return new Promise((resolve) => {
        const env = {
          ...process.env,
          HOME: home,
          ASTRO_HOME: home,
          ASTRO_DOMAIN: 'localhost',
          ASTRO_TELEMETRY_DISABLED: '1',
          NO_COLOR: '1',
          ...environment,
        };
        const child = execFile(
          binary,
          [...args],
          { cwd, env, timeout: 240_000 * PATIENCE },
          (error, stdout, stderr) => {
            const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
            resolve({ exitCode, text: `${stdout}${stderr}` });
          },
        );
        let printed = '';
        child.stdout?.on('data', (chunk) => {
          printed += chunk;
          onPrint?.(printed);
        });
        child.stdin?.end();
      });
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
  return astro;
}
