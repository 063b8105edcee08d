import { z } from 'zod';
import type { FieldError } from '../errors.ts';
import { MOST_WORKERS, machineSizing } from './sizes.ts';

/** Cores, as a client writes them. */
export const Cpu = z
  .string()
  .max(20)
  .regex(/^\d+(\.\d+)?$/, 'must be a number of cores, as 0.5');

/** GiB, as a client writes them. */
export const Memory = z
  .string()
  .max(20)
  .regex(/^\d+(\.\d+)?Gi$/, 'must be a number of Gi, as 0.5Gi');

const LARGEST_CPU = machineSizing('A40').cpu / 1024;

/**
 * What clients ask for of Kubernetes pods, which this platform does not have: it is kept and shown again. A task's pod
 * has the largest machine at most, and all of them together have so many of these as a queue has workers at most.
 */
const PAIRS = [
  {
    cpu: 'defaultTaskPodCpu',
    memory: 'defaultTaskPodMemory',
    range: { floor: 0.25, default: 0.25, ceiling: LARGEST_CPU },
  },
  {
    cpu: 'resourceQuotaCpu',
    memory: 'resourceQuotaMemory',
    range: { floor: 0.25, default: 10, ceiling: LARGEST_CPU * MOST_WORKERS },
  },
] as const;
const [DEFAULT_POD_SIZE, RESOURCE_QUOTA] = PAIRS;

type Field = (typeof PAIRS)[number]['cpu' | 'memory'];
export type Quotas = Readonly<Record<Field, string>>;

/** Of a deployment that is told nothing of them. */
export const DEFAULT_QUOTAS: Quotas = {
  defaultTaskPodCpu: String(DEFAULT_POD_SIZE.range.default),
  defaultTaskPodMemory: memoryOf(DEFAULT_POD_SIZE.range.default),
  resourceQuotaCpu: String(RESOURCE_QUOTA.range.default),
  resourceQuotaMemory: memoryOf(RESOURCE_QUOTA.range.default),
};

/** What may be asked for, as the API shows it. */
export function quotaOptions() {
  return { defaultPodSize: option(DEFAULT_POD_SIZE.range), resourceQuota: option(RESOURCE_QUOTA.range) };
}

/** What is wrong with those that are asked for, beside what the others are. */
export function quotaErrors(asked: { readonly [F in Field]?: string | undefined }, others: Quotas) {
  return PAIRS.flatMap(({ cpu, memory, range }): FieldError[] => {
    if (asked[cpu] === undefined && asked[memory] === undefined) return [];
    const cores = Number(asked[cpu] ?? others[cpu]);
    const gigabytes = Number((asked[memory] ?? others[memory]).replace(/Gi$/, ''));
    const { floor, ceiling } = range;
    if (2 * cores !== gigabytes) return [wrong(memory, `must be twice ${cpu}, ${memoryOf(cores)}`)];
    if (cores >= floor && cores <= ceiling) return [];
    return [
      wrong(cpu, `must be from ${floor} to ${ceiling}`),
      wrong(memory, `must be from ${memoryOf(floor)} to ${memoryOf(ceiling)}`),
    ];
  });
}

/** As in the reference, always twice the cores. */
function memoryOf(cores: number): string {
  return `${2 * cores}Gi`;
}

function option({ floor, default: byDefault, ceiling }: (typeof PAIRS)[number]['range']) {
  return {
    cpu: { floor: String(floor), default: String(byDefault), ceiling: String(ceiling) },
    memory: { floor: memoryOf(floor), default: memoryOf(byDefault), ceiling: memoryOf(ceiling) },
  };
}

function wrong(field: Field, message: string): FieldError {
  return { field, code: 'invalid_value', message };
}
