import { type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { isSystemError } from '../../local/files.ts';
import { until } from '../../test/support/platform.ts';

/** A program and all that it starts in its process group, as a terminal holds them. */
export interface Group {
  /** The last 100,000 characters that it has printed. */
  output(): string;
  /** Whether the program itself has ended. */
  hasEnded(): boolean;
  /** Ctrl-C; waits until every process of the group has ended, and kills those that take too long. */
  interrupt(): Promise<void>;
}

const OUTPUT_CHARACTERS = 100_000;
const STOP_WITHIN_SECONDS = 60;

const alive = new Set<number>();
process.on('exit', () => {
  for (const group of alive) signal(group, 'SIGINT');
});

/** Starts a program in a process group of its own, which is interrupted at the latest when this process ends. */
export function startGroup(
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptionsWithoutStdio, 'cwd' | 'env'>,
): Group {
  const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  alive.add(pid);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-OUTPUT_CHARACTERS);
    });
  }
  return {
    output: () => printed,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async interrupt() {
      signal(pid, 'SIGINT');
      const overdue = setTimeout(() => signal(pid, 'SIGKILL'), STOP_WITHIN_SECONDS * 1000);
      const what = () => `${program} to end\n${printed}`;
      await until(async () => !signal(pid, 0), { seconds: 2 * STOP_WITHIN_SECONDS, what, every: 20 });
      clearTimeout(overdue);
      alive.delete(pid);
    },
  };
}

/** Signals every process of a group; answers whether there was one. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, name);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ESRCH') return false;
    throw error;
  }
}
