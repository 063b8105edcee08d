import { drainedBetween } from '../component/service.ts';
import { writePointer } from './pointer.ts';
import { scaleDraining } from './scale-draining.ts';
import type { WorkflowState } from './state.ts';
import { fromRevision, type Step, toRevision } from './step.ts';

/**
 * Has the pointer name what the operation leads to: from here on, new runs use the new DAG code, and workers of older
 * generations take no new task, and are not replaced as they go; those of a queue that went empty it first. It is the
 * last thing that can fail.
 */
export async function publish(step: Step): Promise<WorkflowState> {
  const to = await toRevision(step);
  await writePointer(step, to, to.number);
  const drained = drainedBetween(await fromRevision(step), to);
  await scaleDraining(step.scope, step.services, step.operation, drained);
  return step.state;
}
