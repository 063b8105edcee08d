import type { Task } from '@aws-sdk/client-ecs';
import { explain } from './diagnosis.ts';
import { describeTasks, runAgain } from './ecs-tasks.ts';
import { OperationFailed } from './failures.ts';
import { look } from './look.ts';
import type { WorkflowState } from './state.ts';
import type { Step } from './step.ts';
import { stopWaiting, waitedSeconds, waitLonger } from './wait.ts';

/** The first database of a runtime version takes a migration of some seconds more, and Fargate its start. */
const LONGEST_SECONDS = 300;

/**
 * Waits for the one-off task: its exit code is the truth. Fails the operation with what its log says. One that was
 * stopped from outside, as all are when the platform is stopped, has not failed: it runs again.
 */
export async function awaitTask(step: Step): Promise<WorkflowState> {
  const { services, state, deployment } = step;
  const { oneOffTask } = state;
  if (oneOffTask === undefined) return stopWaiting(state);
  const stopped = await look(async () => {
    const [task] = await describeTasks(services, [oneOffTask]);
    if (task === undefined)
      throw new OperationFailed('ECS lost the task that prepares the database. Try again.');
    return task.lastStatus === 'STOPPED' ? task : undefined;
  });
  if (stopped !== undefined) {
    const failed = failedContainer(stopped);
    if (failed === undefined) return stopWaiting(state);
    if (wasStopped(stopped)) return waitLonger({ ...step, state: await again(step, stopped) });
    const diagnosed = { deploymentId: deployment.deploymentId, specs: [deployment.desired] };
    throw new OperationFailed(await explain(services, diagnosed, failed));
  }
  if (waitedSeconds(step) > LONGEST_SECONDS) {
    throw new OperationFailed(
      `The task that prepares the database did not end in ${LONGEST_SECONDS} seconds.`,
    );
  }
  return waitLonger(step);
}

/** What ends by itself has one of these codes. */
function wasStopped({ stopCode }: Task): boolean {
  return stopCode !== 'EssentialContainerExited' && stopCode !== 'TaskFailedToStart';
}

async function again({ services, state }: Step, task: Task): Promise<WorkflowState> {
  return { ...state, oneOffTask: await runAgain(services, task) };
}

function failedContainer(task: Task) {
  const container = task.containers?.find(({ exitCode }) => exitCode !== 0);
  if (container === undefined) return undefined;
  const reason = container.reason ?? (container.exitCode === undefined ? task.stoppedReason : undefined);
  return { task, container: reason === undefined ? container : { ...container, reason } };
}
