import { listTasks } from './ecs-tasks.ts';
import { look } from './look.ts';
import { remainsOf } from './remains.ts';
import type { WorkflowState } from './state.ts';
import type { Step } from './step.ts';
import { stopWaiting, waitedSeconds, waitLonger } from './wait.ts';

/** A worker may take Fargate's longest stop timeout of 120 s; after twice that ECS has to be looked at. */
const LONGEST_SECONDS = 240;

/** Waits until no task of the deployment runs any more. */
export async function awaitStopped(step: Step): Promise<WorkflowState> {
  const { services, deployment, state } = step;
  const { families } = await remainsOf(services, deployment);
  const stopped = await look(async () => {
    const tasks = await Promise.all(
      families.flatMap((family) => [
        listTasks(services, { family }, 'RUNNING'),
        listTasks(services, { family }, 'STOPPED'),
      ]),
    );
    return tasks.flat().every(({ lastStatus }) => lastStatus === 'STOPPED') ? true : undefined;
  });
  if (stopped) return stopWaiting(state);
  if (waitedSeconds(step) > LONGEST_SECONDS) {
    throw new Error(`Tasks of deployment ${deployment.deploymentId} still run after ${LONGEST_SECONDS} s`);
  }
  return waitLonger(step);
}
