import type { Services } from '../services.ts';
import type { Plan } from './plan.ts';
import { countQueueTasks } from './queue-tasks.ts';
import type { Planned } from './view.ts';

/** Whose plan it is, and who asks for it; a deployment that is to be created has no id yet. */
interface Asked {
  readonly deploymentId: string | undefined;
  /** The caller's Authorization header. */
  readonly authorization: string;
}

/** A plan as it is answered: with the tasks that are now in the queues that it touches. */
export async function preview(
  { environment }: Services,
  plan: Plan,
  { deploymentId, authorization }: Asked,
): Promise<Planned> {
  const queues = [...plan.tasksAtRisk, ...(plan.tasksRequeued ?? [])];
  if (deploymentId === undefined || queues.length === 0) return { plan };
  return { plan, queueTasks: await countQueueTasks(environment.CELL, deploymentId, queues, authorization) };
}
