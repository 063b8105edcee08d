import { resourceName } from '../component/names.ts';
import { componentsOf } from '../component/service.ts';
import type { Plan } from '../operation/plan.ts';
import type { Revision } from '../revision/schema.ts';
import { describeServices } from './ecs-services.ts';
import { tasksOf } from './ecs-tasks.ts';
import { unready } from './stability.ts';
import type { Step } from './step.ts';

/**
 * The services that do not run as they should before a change begins, and that it leaves alone: it neither heals them
 * nor is to blame, and does not wait for them.
 */
export async function unhealthyBefore(
  { services, deployment, operation }: Step,
  to: Revision,
): Promise<string[]> {
  const names = leftAlone(operation.plan, to).map((name) => resourceName(deployment.deploymentId, name));
  const [described, tasks] = await Promise.all([
    describeServices(services, names),
    tasksOf(services, names, 'RUNNING'),
  ]);
  return unready(names, described, tasks);
}

/** The names of a revision's components that the plan that leads to it neither starts nor changes. */
function leftAlone({ components }: Plan, to: Revision): string[] {
  const { started, restarted, scaled } = components;
  const changed = [...started, ...restarted, ...scaled];
  return componentsOf(to).flatMap(({ name }) => (changed.includes(name) ? [] : [name]));
}
