import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { psqlOf } from '../../test/support/postgres.ts';

const SAMPLE_MS = 100;

/** Has a scheduler tell each second that it is there, and not each fifth, so that shorter absences are seen. */
export const HEARTBEAT = { key: 'AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC', value: '1' } as const;

/** A request that hangs longer is given up, and counts as one that failed. */
const PATIENCE_MS = 10_000;

/** An Airflow as it is watched from outside. */
export interface Watched {
  /** The root of its REST API, such as `http://localhost:8080/api/v2`. */
  readonly root: string;
  readonly token: string;
  /** The data folder of the platform in whose Postgres its database is. */
  readonly home: string;
  readonly database: string;
}

/** The longest gaps while it was watched, in seconds. */
export interface Downtime {
  /** Between two answers of the API; some 0.1 when it was never away. */
  readonly api: number;
  /** The greatest age of the newest scheduler's heartbeat, which comes each second or two when nothing happens. */
  readonly scheduler: number;
}

/** Watches the API and the scheduler's heartbeat, each ten times a second, until `stop`. */
export function watchDowntime(watched: Watched): { stop(): Promise<Downtime> } {
  const ending = new AbortController();
  const api = longestSilence(watched, ending.signal);
  const scheduler = oldestHeartbeat(watched, ending.signal);
  return {
    async stop() {
      ending.abort();
      return { api: await api, scheduler: await scheduler };
    },
  };
}

async function longestSilence({ root, token }: Watched, ending: AbortSignal): Promise<number> {
  let answered = performance.now();
  let longest = 0;
  while (!ending.aborted) {
    const next = wait(SAMPLE_MS);
    const isThere = await answers(`${root}/version`, token);
    const now = performance.now();
    longest = Math.max(longest, now - answered);
    if (isThere) answered = now;
    await next;
  }
  return longest / 1000;
}

async function answers(url: string, token: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** One psql asks again and again, so that a sample costs no process. */
async function oldestHeartbeat({ home, database }: Watched, ending: AbortSignal): Promise<number> {
  const { program, args, env } = psqlOf(home, database);
  const psql = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(psql, 'exit');
  psql.stdin.write(
    'SELECT extract(epoch FROM clock_timestamp() - max(latest_heartbeat)) FROM job' +
      ` WHERE job_type = 'SchedulerJob' \\watch ${SAMPLE_MS / 1000}\n`,
  );
  ending.addEventListener('abort', () => psql.kill());
  let [oldest, samples] = [0, 0];
  for await (const line of createInterface({ input: psql.stdout })) {
    const age = Number(line);
    if (line === '' || Number.isNaN(age)) continue;
    oldest = Math.max(oldest, age);
    samples += 1;
  }
  await ended;
  if (samples === 0) throw new Error(`No heartbeat of a scheduler was seen in ${database}`);
  return oldest;
}
