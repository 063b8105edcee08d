import { z } from 'zod';
import { isSystemError, readIfThere } from './files.ts';

/** A process of this machine beyond doubt: a pid may be given again, a pid with its start time is not. */
export const processIdentity = z.object({
  pid: z.int().positive(),
  /** Clock ticks after boot, field 22 of /proc/<pid>/stat. */
  startTime: z.int().nonnegative(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** When the process with this pid started, in clock ticks after boot; undefined when none lives. A zombie is dead. */
export function startTime(pid: number): number | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : Number(fields[18]);
}

/** Whether exactly this process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTime(identity.pid) === identity.startTime;
}

/** Signals exactly this process; nothing happens when it has ended. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ESRCH') throw error;
  }
}
