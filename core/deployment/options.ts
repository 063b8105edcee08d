import { z } from 'zod';
import { limitsOf, type ProductPlan } from '../organization/plans.ts';
import { runtimeVersions } from '../runtime/versions.ts';
import { Executor } from './executors.ts';
import { DEFAULT_QUEUE, MOST_CONCURRENCY } from './queues.ts';
import { quotaOptions } from './quotas.ts';
import {
  cpuText,
  Machine,
  MOST_WORKERS,
  machineSizing,
  memoryText,
  SchedulerSize,
  schedulerSizing,
} from './sizes.ts';

const Range = z.object({ floor: z.number(), default: z.number(), ceiling: z.number() });
const Quantity = z.object({ floor: z.string(), default: z.string(), ceiling: z.string() });
const Resources = z.object({ cpu: Quantity, memory: Quantity });
const Spec = z.object({ cpu: z.string(), memory: z.string(), concurrency: z.number().optional() });

/** What a deployment may be made of, as the API shows it. */
export const DeploymentOptions = z.object({
  executors: z.array(Executor),
  runtimeReleases: z.array(
    z.object({
      version: z.string(),
      airflowVersion: z.string(),
      channel: z.string(),
      releaseDate: z.string(),
      airflowDatabaseMigration: z.boolean(),
      stellarDatabaseMigration: z.boolean(),
    }),
  ),
  schedulerMachines: z.array(z.object({ name: SchedulerSize, spec: Spec })),
  workerMachines: z.array(z.object({ name: Machine, spec: Spec, concurrency: Range })),
  workerQueues: z.object({ minWorkers: Range, maxWorkers: Range, workerConcurrency: Range }),
  resourceQuotas: z.object({ defaultPodSize: Resources, resourceQuota: Resources }),
});
export type DeploymentOptions = z.infer<typeof DeploymentOptions>;

/** What this platform offers to an organization on this plan, in a cell with these executors. */
export function deploymentOptions(plan: ProductPlan, executors: readonly Executor[]): DeploymentOptions {
  const limits = limitsOf(plan);
  const concurrency = (byDefault: number) => ({ floor: 1, default: byDefault, ceiling: MOST_CONCURRENCY });
  return {
    executors: [...executors],
    runtimeReleases: runtimeVersions.map(({ version, airflowVersion, channel, releaseDate }) => ({
      version,
      airflowVersion,
      channel,
      releaseDate: `${releaseDate}T00:00:00Z`,
      airflowDatabaseMigration: false,
      stellarDatabaseMigration: false,
    })),
    schedulerMachines: SchedulerSize.options
      .filter((size) => limits.schedulerSizes.includes(size))
      .map((name) => ({ name, spec: specOf(schedulerSizing(name).control) })),
    workerMachines: Machine.options
      .filter((machine) => limits.machines.includes(machine))
      .map((name) => {
        const { workerConcurrency, ...size } = machineSizing(name);
        return {
          name,
          spec: { ...specOf(size), concurrency: workerConcurrency },
          concurrency: concurrency(workerConcurrency),
        };
      }),
    workerQueues: {
      minWorkers: { floor: 0, default: DEFAULT_QUEUE.minWorkerCount, ceiling: mostWorkers(plan) },
      maxWorkers: { floor: 1, default: DEFAULT_QUEUE.maxWorkerCount, ceiling: mostWorkers(plan) },
      workerConcurrency: concurrency(DEFAULT_QUEUE.workerConcurrency),
    },
    resourceQuotas: quotaOptions(),
  };
}

function mostWorkers(plan: ProductPlan): number {
  return Math.min(limitsOf(plan).workersPerQueue, MOST_WORKERS);
}

function specOf({ cpu, memory }: { cpu: number; memory: number }) {
  return { cpu: cpuText(cpu), memory: memoryText(memory) };
}
