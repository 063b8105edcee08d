import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isSystemError } from '../../local/files.ts';
import { startTime } from '../../local/process.ts';

/** A process that belongs to a data folder: it names the folder in its command line or its environment. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** What it was started as, its arguments separated by spaces. */
  readonly command: string;
  /** The ECS container whose process it is, such as `scheduler`; undefined for the runner and the servers. */
  readonly container: string | undefined;
  /** The task of that container, by its id. */
  readonly task: string | undefined;
  /** Whether it is the shim above its container. */
  readonly isShim: boolean;
}

/** Every process of this machine that belongs to the data folder `home`, but the asking one. */
export function processesOf(home: string): Process[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const command = readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
      const environment = readProc(pid, 'environ').split('\0');
      const path = environment.find((entry) => entry.startsWith(`ECS_CONTAINER_STATUS_FILE=${home}/`));
      const isRunner = environment.includes(`WINDSOCK_HOME=${home}`);
      if (path === undefined && !isRunner && !command.includes(home)) return [];
      return {
        pid: Number(pid),
        parent: parentOf(pid),
        command,
        container: path === undefined ? undefined : basename(path, '.json'),
        task: path?.split('/').at(-2),
        isShim: command.includes('local/ecs/shim'),
      };
    });
}

/**
 * The main process of every container, once it has become its program: the pid by the container's name. A shim's other
 * children, such as a health check, are younger.
 */
export function mainProcesses(home: string): Record<string, number> {
  const all = processesOf(home);
  const shims = new Set(all.filter(({ isShim }) => isShim).map(({ pid }) => pid));
  const children = all.flatMap(({ parent, container, pid, isShim }) => {
    const started = shims.has(parent) && !isShim ? startTime(pid) : undefined;
    return started === undefined ? [] : [{ container, pid, started }];
  });
  const youngestFirst = children.sort((a, b) => b.started - a.started || b.pid - a.pid);
  return Object.fromEntries(youngestFirst.map(({ container, pid }) => [container, pid]));
}

/** A variable of a process' environment; undefined when it has none of this name, or has ended. */
export function variableOf(pid: number, name: string): string | undefined {
  const entry = readProc(String(pid), 'environ')
    .split('\0')
    .find((variable) => variable.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** kill -9. Nothing happens when the process has ended. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ESRCH') throw error;
  }
}

/** Field 4 of /proc/<pid>/stat; 0 when the process has ended. */
function parentOf(pid: string): number {
  const stat = readProc(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** Empty when the process has ended or is another user's. */
function readProc(pid: string, file: 'cmdline' | 'environ' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (isSystemError(error) && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) return '';
    throw error;
  }
}
