import { ecsService } from '../component/ecs-service.ts';
import { componentsOf } from '../component/service.ts';
import type { Revision } from '../revision/schema.ts';
import { ensureServices } from './ecs-services.ts';
import type { WorkflowState } from './state.ts';
import { type Step, toRevision } from './step.ts';

/** Starts and updates the services of the revision that the operation leads to. Those it has no more run on. */
export async function roll(step: Step): Promise<WorkflowState> {
  await rollTo(step, await toRevision(step), { mayGiveUp: true });
  return step.state;
}

/**
 * Makes ECS run what a revision says, by the task definitions that were prepared for it. A service that the plan does
 * not start or restart keeps the one that it has, on the way there and on the way back: the platform itself may have
 * changed since, and would make another one of the same spec. Of a roll-out that may not be given up ECS starts tasks
 * again for ever, with growing pauses: nothing else would run in its place.
 */
export async function rollTo(
  { services, deployment, operation, state }: Step,
  revision: Revision,
  { mayGiveUp }: { readonly mayGiveUp: boolean },
): Promise<void> {
  const { CELL } = services.environment;
  const { started, restarted } = operation.plan.components;
  const wanted = componentsOf(revision).map((component) => {
    const taskDefinition = state.taskDefinitions?.[component.name];
    if (taskDefinition === undefined) throw new Error(`${component.name} has no task definition`);
    return {
      service: ecsService(CELL, deployment, component, revision.spec, { taskDefinition, mayGiveUp }),
      isReplaceable: component.kind !== 'worker' && [...started, ...restarted].includes(component.name),
    };
  });
  await ensureServices(services, wanted);
}
