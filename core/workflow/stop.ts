import { StopTaskCommand } from '@aws-sdk/client-ecs';
import { deleteServices } from './ecs-services.ts';
import { listTasks } from './ecs-tasks.ts';
import { remainsOf } from './remains.ts';
import type { WorkflowState } from './state.ts';
import type { Step } from './step.ts';

/** Stops everything of the deployment that runs: its services' tasks, and one-off tasks. */
export async function stop({ services, deployment, state }: Step): Promise<WorkflowState> {
  const { cluster } = services.environment.CELL;
  const remains = await remainsOf(services, deployment);
  await deleteServices(services, remains.services);
  for (const family of remains.families) {
    for (const { taskArn } of await listTasks(services, { family }, 'RUNNING')) {
      await services.ecs.send(
        new StopTaskCommand({ cluster, task: taskArn, reason: 'The deployment is being deleted' }),
      );
    }
  }
  return state;
}
