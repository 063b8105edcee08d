import { readdirSync, readFileSync } from 'node:fs';
import { isSystemError } from '../files.ts';

/**
 * The environment variable that every process of a container carries: the path of its status file. By it the
 * processes of a container are found when the shim above them was killed.
 */
export const MARKER = 'ECS_CONTAINER_STATUS_FILE';

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Undefined for one without the marker, and for another user's. */
  readonly marker: string | undefined;
}

/**
 * SIGKILL to every process whose marker `isLost` says yes to, and to all below them, which may have dropped the
 * marker; how many that were.
 */
export function endMarked(isLost: (statusPath: string) => boolean): number {
  const processes = listProcesses().filter(({ pid }) => pid !== process.pid);
  const lost = new Set<number>();
  const add = ({ pid }: Process) => {
    if (lost.has(pid)) return;
    lost.add(pid);
    for (const child of processes) if (child.parent === pid) add(child);
  };
  for (const one of processes) if (one.marker !== undefined && isLost(one.marker)) add(one);
  for (const pid of lost) kill(pid);
  return lost.size;
}

function listProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readProc(`/proc/${name}/stat`);
      if (stat === undefined) return [];
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z') return [];
      return [{ pid: Number(name), parent: Number(parent), marker: markerOf(name) }];
    });
}

function markerOf(pid: string): string | undefined {
  const entries = readProc(`/proc/${pid}/environ`)?.split('\0') ?? [];
  return entries.find((entry) => entry.startsWith(`${MARKER}=`))?.slice(MARKER.length + 1);
}

/** Undefined when the process has ended, or is another user's. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error) && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) return undefined;
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(isSystemError(error) && error.code === 'ESRCH')) throw error;
  }
}
