import { spawn } from 'node:child_process';
import { linkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError, readIfThere, writeWhole } from '../files.ts';
import { isAlive, processIdentity } from '../process.ts';
import { healthStatus } from './documents.ts';
import { endMarked, MARKER } from './reaper.ts';

const SHIM = join(import.meta.dirname, 'shim');

/** The status file of a container, which its shim writes. It is there as soon as somebody claimed the container. */
export const containerStatus = z.object({
  /** Missing when the container was ended before any shim had claimed it. */
  shim: processIdentity.optional(),
  state: z.enum(['PENDING', 'RUNNING', 'STOPPED']),
  health: healthStatus,
  healthOutput: z.string().optional(),
  restarts: z.int(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  exitCode: z.int().optional(),
  reason: z.string().optional(),
});
export type ContainerStatus = z.infer<typeof containerStatus>;

/** What a shim is told about its container; times in seconds. */
export interface ContainerSpec {
  /** Path of the status file. */
  readonly status: string;
  /** The working directory. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly log: string | null;
  readonly rotateBytes: number;
  readonly memoryBytes: number | null;
  readonly healthCheck: {
    readonly command: readonly string[];
    readonly interval: number;
    readonly timeout: number;
    readonly retries: number;
    readonly startPeriod: number;
  } | null;
  readonly restartPolicy: {
    readonly ignoredExitCodes: readonly number[];
    readonly restartAttemptPeriod: number;
  } | null;
  /** How long it goes on once it is to stop. */
  readonly stopDelay: number;
  readonly stopTimeout: number;
}

/** What a container is doing, undefined when nobody claimed it yet. One whose shim was killed is ended. */
export function observe(statusPath: string): ContainerStatus | undefined {
  const status = readStatus(statusPath);
  if (status === undefined || status.state === 'STOPPED') return status;
  if (status.shim !== undefined && isAlive(status.shim)) return status;
  const last = readStatus(statusPath);
  if (last === undefined || last.state === 'STOPPED') return last;
  if (endMarked((path) => path === statusPath) > 0) return last;
  const lost: ContainerStatus = {
    ...last,
    state: 'STOPPED',
    exitCode: 137,
    reason: 'The supervisor of the container was killed',
    finishedAt: Date.now(),
  };
  writeWhole(statusPath, JSON.stringify(lost));
  return lost;
}

/** Ends a container that no shim has claimed, for the given reason; from now on none can claim it. */
export function endUnclaimed(statusPath: string, reason: string): void {
  const status: ContainerStatus = { state: 'STOPPED', health: 'UNKNOWN', restarts: 0, reason };
  const mine = `${statusPath}.runner`;
  writeWhole(mine, JSON.stringify(status));
  try {
    linkSync(mine, statusPath);
  } catch (error) {
    if (!(isSystemError(error) && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(mine);
  }
}

/** Asks the shim to stop its container by stop signal and timeout. Asking again changes nothing. */
export function requestStop(statusPath: string): void {
  const shim = readStatus(statusPath)?.shim;
  if (shim === undefined || !isAlive(shim)) return;
  try {
    process.kill(shim.pid, 'SIGTERM');
  } catch (error) {
    if (!(isSystemError(error) && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Starts a shim for the container, which outlives this process. Resolves when the shim has ended: the container
 * has then ended, or was not this shim's to run, or, when that is said, could not be claimed at all.
 */
export function startShim(python: string, spec: ContainerSpec): Promise<string | undefined> {
  return new Promise((resolve) => {
    const shim = spawn(python, ['-I', '-S', SHIM], {
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { [MARKER]: spec.status },
    });
    let complaint = '';
    shim.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2_000);
    });
    shim.stdin.on('error', (error) => {
      complaint += error.message;
    });
    shim.on('error', (error) => resolve(`${python}: ${error.message}`));
    shim.on('close', (code) => resolve(code === 0 ? undefined : complaint.trim().split('\n').at(-1)));
    shim.stdin.end(JSON.stringify(spec));
    shim.unref();
  });
}

/** A file that is no status tells of no shim: its container counts as lost. */
function readStatus(path: string): ContainerStatus | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const status = containerStatus.safeParse(parseJson(text));
  return status.success ? status.data : { state: 'RUNNING', health: 'UNKNOWN', restarts: 0 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
