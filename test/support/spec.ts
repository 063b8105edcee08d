import type { Spec } from '../../core/revision/schema.ts';

/** A spec as a plain create leads to it. */
export function spec(changes: Partial<Spec> = {}): Spec {
  return {
    runtimeVersion: '3.3-2',
    executor: 'ASTRO',
    schedulerSize: 'SMALL',
    isHighAvailability: false,
    workerQueues: [
      {
        id: 'cqueue',
        name: 'default',
        isDefault: true,
        astroMachine: 'A5',
        minWorkerCount: 0,
        maxWorkerCount: 5,
        workerConcurrency: 5,
      },
    ],
    environmentVariables: [],
    ...changes,
  };
}
