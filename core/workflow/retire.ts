import type { Task } from '@aws-sdk/client-ecs';
import { taskCount } from '../component/ecs-service.ts';
import { resourceName } from '../component/names.ts';
import { componentsOf } from '../component/service.ts';
import type { Revision } from '../revision/schema.ts';
import { listTasks } from './ecs-tasks.ts';
import type { Step } from './step.ts';

/**
 * The ids of the worker tasks that a revision's queues have too many, the newest first: ECS stops no protected one, so
 * the pointer has them go by themselves. Asked again it names the same, and more only where there are more.
 */
export async function surplusWorkers({ services, deployment }: Step, revision: Revision): Promise<string[]> {
  const surplus = componentsOf(revision).map(async (component) => {
    if (component.kind !== 'worker') return [];
    const serviceName = resourceName(deployment.deploymentId, component.name);
    const tasks = await listTasks(services, { serviceName }, 'RUNNING');
    return tasks.toSorted(oldestFirst).slice(taskCount(component, revision.spec)).map(idOf);
  });
  return (await Promise.all(surplus)).flat();
}

function oldestFirst(a: Task, b: Task): number {
  return (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0) || idOf(a).localeCompare(idOf(b));
}

function idOf({ taskArn = '' }: Task): string {
  return taskArn.split('/').at(-1) ?? '';
}
