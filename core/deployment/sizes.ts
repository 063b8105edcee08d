import { z } from 'zod';

/** Scheduler sizes, as the API's reference names them. */
export const SchedulerSize = z.enum(['SMALL', 'MEDIUM', 'LARGE', 'EXTRA_LARGE']);
export type SchedulerSize = z.infer<typeof SchedulerSize>;

/** Worker machines, as the API's reference names them, as far as Fargate's largest task reaches. */
export const Machine = z.enum(['A5', 'A10', 'A20', 'A40']);
export type Machine = z.infer<typeof Machine>;

/** So many workers a queue has at most. */
export const MOST_WORKERS = 100;

/** What a task gets: CPU units (1024 are one vCPU) and MiB, one of the pairs that Fargate offers. */
export interface TaskSize {
  readonly cpu: number;
  readonly memory: number;
}

/** What a scheduler size buys: the two tasks, how the control task's memory is shared, and Airflow's settings. */
export interface SchedulerSizing {
  readonly control: TaskSize;
  /** MiB of each container of the control task; their sum is at most the task's. */
  readonly memory: {
    readonly scheduler: number;
    readonly 'dag-processor': number;
    readonly triggerer: number;
  };
  readonly api: TaskSize;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The reference service's SMALL, MEDIUM and LARGE are 1, 2 and 4 vCPU, for about 50, 250 and 1000 DAGs. A parsing
 * process and a web worker for each vCPU: 300 DAGs parse in 26.7 s with one, 18.3 s with two on two cores.
 */
const schedulers: Readonly<Record<SchedulerSize, SchedulerSizing>> = {
  SMALL: {
    control: { cpu: 1024, memory: 2048 },
    memory: { scheduler: 640, 'dag-processor': 896, triggerer: 512 },
    api: { cpu: 512, memory: 1024 },
    settings: settings({ parallelism: 64, processes: 1, webWorkers: 1, triggers: 250 }),
  },
  MEDIUM: {
    control: { cpu: 2048, memory: 4096 },
    memory: { scheduler: 1280, 'dag-processor': 1792, triggerer: 1024 },
    api: { cpu: 1024, memory: 2048 },
    settings: settings({ parallelism: 256, processes: 2, webWorkers: 2, triggers: 500 }),
  },
  LARGE: {
    control: { cpu: 4096, memory: 8192 },
    memory: { scheduler: 2560, 'dag-processor': 3584, triggerer: 2048 },
    api: { cpu: 2048, memory: 4096 },
    settings: settings({ parallelism: 1024, processes: 4, webWorkers: 4, triggers: 1000 }),
  },
  EXTRA_LARGE: {
    control: { cpu: 8192, memory: 16384 },
    memory: { scheduler: 5120, 'dag-processor': 7168, triggerer: 4096 },
    api: { cpu: 4096, memory: 8192 },
    settings: settings({ parallelism: 2048, processes: 8, webWorkers: 4, triggers: 2000 }),
  },
};

/** A machine's task, and how many tasks of Airflow it runs at once when the queue does not say. */
export interface MachineSizing extends TaskSize {
  readonly workerConcurrency: number;
}

/** The reference service's A5 is 1 vCPU, 2 GiB and 5 tasks; each next one is twice that. */
const machines: Readonly<Record<Machine, MachineSizing>> = {
  A5: { cpu: 1024, memory: 2048, workerConcurrency: 5 },
  A10: { cpu: 2048, memory: 4096, workerConcurrency: 10 },
  A20: { cpu: 4096, memory: 8192, workerConcurrency: 20 },
  A40: { cpu: 8192, memory: 16384, workerConcurrency: 40 },
};

export function schedulerSizing(size: SchedulerSize): SchedulerSizing {
  return schedulers[size];
}

export function machineSizing(machine: Machine): MachineSizing {
  return machines[machine];
}

/** CPU units as the API writes them: `0.5`, `2`. */
export function cpuText(cpu: number): string {
  return String(cpu / 1024);
}

/** MiB as the API writes them: `2Gi`, `512Mi`. */
export function memoryText(memory: number): string {
  return memory % 1024 === 0 ? `${memory / 1024}Gi` : `${memory}Mi`;
}

/**
 * Airflow's settings for a size: `parallelism` tasks in all, `processes` that parse DAG files, `webWorkers` of the
 * api-server, `triggers` that one triggerer holds. A process keeps 5 connections to the database and opens as many
 * more as `max_overflow` says; then it waits for one. Airflow's 10 would, with several web workers, come to more than the
 * deployment's role may have (`CONNECTION_LIMIT` in `runtime/windsock_airflow/postgres.py`).
 */
function settings(size: { parallelism: number; processes: number; webWorkers: number; triggers: number }) {
  return {
    AIRFLOW__CORE__PARALLELISM: String(size.parallelism),
    AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: String(size.processes),
    AIRFLOW__API__WORKERS: String(size.webWorkers),
    AIRFLOW__TRIGGERER__CAPACITY: String(size.triggers),
    AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW: size.webWorkers > 1 ? '5' : '10',
  };
}
