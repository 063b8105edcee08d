import type { Task } from '@aws-sdk/client-ecs';
import { resourceName } from '../component/names.ts';
import type { DeploymentIds } from '../deployment/entity.ts';
import { findDeployment } from '../deployment/read.ts';
import type { Services } from '../services.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { describeTasks } from '../workflow/ecs-tasks.ts';
import { keep } from './keep.ts';
import type { Told } from './line.ts';
import type { OutOfMemory } from './schema.ts';

/**
 * Writes what containers told onto their deployment, in one write however much it is, and in none when it is known
 * already. Its version stays: an operation that runs at the same moment is not disturbed.
 */
export async function recordOutOfMemory(
  services: Services,
  ids: DeploymentIds,
  told: readonly Told[],
): Promise<void> {
  const tasks = await describeTasks(services, [...new Set(told.map(({ ecsTask }) => ecsTask))]);
  const reports = told.map(({ ecsTask, outOfMemory }) => withQueue(ids, ecsTask, outOfMemory, tasks));
  await retryStale(async () => {
    const deployment = await findDeployment(services, ids);
    if (deployment === undefined) return;
    const { organizationId, deploymentId, outOfMemory: before } = deployment;
    const kept: readonly OutOfMemory[] = before ?? [];
    const after = reports.reduce(keep, kept);
    if (after === kept) return;
    const rejected = await refused(
      services.store(organizationId).transaction.write((entities) => [
        entities.deployment
          .patch({ organizationId, deploymentId })
          .set({ outOfMemory: after })
          .where((has, { eq, notExists }) =>
            before === undefined ? notExists(has.outOfMemory) : eq(has.outOfMemory, before),
          )
          .commit(),
      ]),
    );
    if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
  });
}

/** A worker's queue is in the name of the service that its task is of. ECS forgets a task an hour after its end. */
function withQueue(
  { deploymentId }: DeploymentIds,
  ecsTask: string,
  outOfMemory: OutOfMemory,
  tasks: readonly Task[],
): OutOfMemory {
  const group = tasks.find(({ taskArn }) => taskArn?.endsWith(`/${ecsTask}`))?.group ?? '';
  const prefix = `service:${resourceName(deploymentId, 'worker-')}`;
  if (!group.startsWith(prefix)) return outOfMemory;
  return { ...outOfMemory, queue: group.slice(prefix.length).replace(/-\d+$/, '') };
}
