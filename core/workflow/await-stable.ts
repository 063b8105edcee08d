import { resourceName } from '../component/names.ts';
import { type Component, componentsOf } from '../component/service.ts';
import type { Revision } from '../revision/schema.ts';
import { diagnose } from './diagnosis.ts';
import { describeServices } from './ecs-services.ts';
import { tasksOf } from './ecs-tasks.ts';
import { OperationFailed } from './failures.ts';
import { look } from './look.ts';
import { classify, hasSurplus, isRolledOut, type Stability } from './stability.ts';
import type { WorkflowState } from './state.ts';
import { fromRevision, type Step, toRevision } from './step.ts';
import { stopWaiting, waitedSeconds, waitLonger } from './wait.ts';

/** Airflow starts in 10 s on two idle cores; Fargate fetches an image first. */
const LONGEST_SECONDS = 300;

/**
 * Waits until all services run as they should; fails the operation with what keeps one from it. One that did not before,
 * and that the operation leaves alone, may go on as it is.
 */
export async function awaitStable(step: Step): Promise<WorkflowState> {
  const { services, deployment, state } = step;
  const { deploymentId } = deployment;
  const [from, revision] = await Promise.all([fromRevision(step), toRevision(step)]);
  const diagnosed = { deploymentId, specs: [revision.spec, ...(from === undefined ? [] : [from.spec])] };
  const see = () => seenStability(step, revision, state.unhealthyBefore);
  const outcome =
    (await look(async () => {
      const seen = await see();
      return seen.status === 'waiting' ? undefined : seen;
    })) ?? (await see());
  switch (outcome.status) {
    case 'stable':
      return stopWaiting(state);
    case 'failed':
      throw new OperationFailed(await diagnose(services, diagnosed, [outcome.service]));
    case 'waiting': {
      if (waitedSeconds(step) <= LONGEST_SECONDS) return waitLonger(step);
      const why = await diagnose(services, diagnosed, outcome.unready);
      throw new OperationFailed(`Not healthy after ${LONGEST_SECONDS} seconds. ${why}`);
    }
  }
}

/**
 * How a revision's services run, but for those of these names. Their tasks are asked for once all are rolled out: until
 * then one call is enough, and what is waited for are those that are not. Workers may be too many until the pointer has
 * them go.
 */
export async function seenStability(
  { services, deployment }: Pick<Step, 'services' | 'deployment'>,
  revision: Revision,
  except: readonly string[] = [],
): Promise<Stability> {
  const nameOf = ({ name }: Component) => resourceName(deployment.deploymentId, name);
  const components = componentsOf(revision).filter((component) => !except.includes(nameOf(component)));
  const names = components.map(nameOf);
  const described = await describeServices(services, names);
  const rolling = names.filter((name) => !isRolledOut(name, described));
  const tasks = await tasksOf(services, rolling.length > 0 ? [] : names, 'RUNNING');
  const seen = classify(names, described, tasks);
  if (seen.status === 'waiting' && rolling.length > 0) return { ...seen, unready: rolling };
  const surplus = components
    .filter(({ kind }) => kind !== 'worker')
    .map(nameOf)
    .filter((name) => hasSurplus(name, described));
  return seen.status === 'stable' && surplus.length > 0 ? { status: 'waiting', unready: surplus } : seen;
}
