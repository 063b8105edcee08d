import { readdirSync } from 'node:fs';
import { readIfThere } from '../../local/files.ts';
import { type Process, processesOf } from '../../test/support/processes.ts';

/** What the processes of one part of the platform hold and have used. */
export interface Usage {
  readonly processes: number;
  /** Proportional set size: memory shared with other processes is counted in equal parts. */
  readonly pssBytes: number;
  /** CPU time since their starts, in seconds. */
  readonly cpuSeconds: number;
}

export const NPM = 'npm and bootstrap';
export const SHIMS = 'shims';

/** Linux counts CPU time in hundredths of a second (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** The usage of every process of the data folder `home` and of all below them, by `partOf` its part. */
export function usageOf(home: string): Map<string, Usage> {
  const parts = new Map(processesOf(home).map((process) => [process.pid, partOf(process)]));
  const parents = parentsOfAll();
  const usage = new Map<string, Usage>();
  for (const pid of parents.keys()) {
    let ancestor: number | undefined = pid;
    while (ancestor !== undefined && !parts.has(ancestor)) ancestor = parents.get(ancestor)?.parent;
    const part = ancestor === undefined ? undefined : parts.get(ancestor);
    if (part === undefined) continue;
    const pssBytes = pssOf(pid);
    if (pssBytes === undefined) continue;
    const sum = usage.get(part) ?? { processes: 0, pssBytes: 0, cpuSeconds: 0 };
    usage.set(part, {
      processes: sum.processes + 1,
      pssBytes: sum.pssBytes + pssBytes,
      cpuSeconds: sum.cpuSeconds + (parents.get(pid)?.cpuSeconds ?? 0),
    });
  }
  return usage;
}

/** The part that a process belongs to: a container by its name, or what of the control plane it is. */
function partOf({ command, container, isShim }: Process): string {
  if (isShim) return SHIMS;
  if (container !== undefined) return container;
  if (command.includes('local/bootstrap.mjs')) return NPM;
  if (command.includes('local/start.ts')) return 'runner';
  if (command.includes('local/cell/main.ts')) return 'cell';
  if (command.includes('dynoxide')) return 'dynoxide';
  if (command.includes('redis-server')) return 'redis';
  return command.includes('postgres') ? 'postgres' : NPM;
}

/** Parent and CPU time of every process: fields 4 and 14 to 17 of /proc/<pid>/stat, ended children included. */
function parentsOfAll(): Map<number, { parent: number; cpuSeconds: number }> {
  const entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return new Map(
    entries.flatMap((entry) => {
      const stat = readIfThere(`/proc/${entry}/stat`);
      if (stat === undefined) return [];
      const [, parent, ...rest] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      const ticks = rest.slice(9, 13).reduce((sum, value) => sum + value, 0);
      return [[Number(entry), { parent: parent ?? 0, cpuSeconds: ticks / TICKS_PER_SECOND }] as const];
    }),
  );
}

/** Undefined when the process has ended. */
function pssOf(pid: number): number | undefined {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
