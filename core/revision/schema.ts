import { z } from 'zod';
import { Executor } from '../deployment/executors.ts';
import { Machine, SchedulerSize } from '../deployment/sizes.ts';

/** A worker queue: its machine, and how many workers of how many tasks each. */
export const WorkerQueue = z.strictObject({
  id: z.string(),
  name: z.string(),
  isDefault: z.boolean(),
  astroMachine: Machine,
  minWorkerCount: z.number().int(),
  maxWorkerCount: z.number().int(),
  workerConcurrency: z.number().int(),
});
export type WorkerQueue = z.infer<typeof WorkerQueue>;

/** A variable of a deployment's environment as the table keeps it: a secret's value is in Secrets Manager alone. */
export const EnvironmentVariable = z.strictObject({
  key: z.string(),
  isSecret: z.boolean(),
  value: z.string().optional(),
  updatedAt: z.string(),
  /** The set of variables that was stored with its value. */
  variableSetId: z.string(),
});
export type EnvironmentVariable = z.infer<typeof EnvironmentVariable>;

/** An immutable set of DAG files: the SHA-256 of its tarball, and the version its upload was given. */
export const Bundle = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  version: z.string(),
});
export type Bundle = z.infer<typeof Bundle>;

/** Everything a deployment runs. A revision is a numbered, immutable one of these. */
export const Spec = z.strictObject({
  runtimeVersion: z.string(),
  executor: Executor,
  schedulerSize: SchedulerSize,
  /** Two of everything that is not a worker. */
  isHighAvailability: z.boolean(),
  workerQueues: z.array(WorkerQueue).min(1),
  environmentVariables: z.array(EnvironmentVariable),
  bundle: Bundle.optional(),
});
export type Spec = z.infer<typeof Spec>;

/**
 * A revision, as far as what it runs: its spec, and of each queue the generation of its workers, which is the number
 * of the revision that started them.
 */
export interface Revision {
  readonly number: number;
  readonly spec: Spec;
  readonly generations: Generations;
}

/** Generations of workers by the name of their queue. */
export type Generations = Readonly<Record<string, number>>;
