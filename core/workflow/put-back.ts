import { resourceName } from '../component/names.ts';
import { componentsOf, drainedBetween } from '../component/service.ts';
import type { Revision } from '../revision/schema.ts';
import { refused } from '../store/transact.ts';
import { seenStability } from './await-stable.ts';
import { diagnose } from './diagnosis.ts';
import { deleteServices, describeServices } from './ecs-services.ts';
import { reasonOf, Superseded } from './failures.ts';
import { look } from './look.ts';
import { writePointer } from './pointer.ts';
import { ensureTaskDefinitions, settingOf } from './prepare.ts';
import { rollTo } from './roll.ts';
import { scaleDraining } from './scale-draining.ts';
import type { WorkflowState } from './state.ts';
import { fromRevision, type Step, toRevision } from './step.ts';
import { stopWaiting, waitedSeconds, waitLonger } from './wait.ts';

/** A worker may take Fargate's longest stop timeout of 120 s, and Airflow starts in less than a minute. */
const LONGEST_SECONDS = 240;

/** Makes what ran before run again. The reason is kept first, so that a later attempt only puts back. */
export async function putBack(step: Step): Promise<WorkflowState> {
  await keepReason(step);
  const [from, to] = await Promise.all([fromRevision(step), toRevision(step)]);
  return from === undefined ? await takeDown(step, to) : await restore(step, from, to);
}

/**
 * Of a create nothing ran before: its services are deleted, and awaited, for a later attempt makes them anew under
 * the same names. What they left in logs and database stays to be looked at.
 */
async function takeDown(step: Step, to: Revision): Promise<WorkflowState> {
  const { services, deployment, state } = step;
  const names = componentsOf(to).map(({ name }) => resourceName(deployment.deploymentId, name));
  await deleteServices(services, names);
  const gone = await look(async () =>
    (await describeServices(services, names)).length === 0 ? true : undefined,
  );
  return gone || waitedSeconds(step) > LONGEST_SECONDS ? stopWaiting(state) : waitLonger(step);
}

/**
 * Has the services of the revision that ran be as they were, and its workers be the only ones that take tasks: what
 * workers of the failed revision took already, they end. Done once all of it is healthy again, or has had its time: ECS
 * goes on trying, and what waits behind the operation may heal it.
 */
async function restore(step: Step, from: Revision, to: Revision): Promise<WorkflowState> {
  const { services, deployment, state } = step;
  await writePointer(step, from, to.number);
  const taskDefinitions = await ensureTaskDefinitions(services, await settingOf(step, from.spec), from);
  await rollTo({ ...step, state: { ...state, taskDefinitions } }, from, { mayGiveUp: false });
  await scaleDraining(step.scope, services, step.operation, drainedBetween(to, from));
  const unhealthy = async () => {
    const seen = await seenStability(step, from);
    return seen.status === 'waiting' ? seen.unready : seen.status === 'failed' ? [seen.service] : [];
  };
  const stable = await look(async () => ((await unhealthy()).length === 0 ? true : undefined));
  if (stable) return stopWaiting(state);
  if (waitedSeconds(step) <= LONGEST_SECONDS) return waitLonger(step);
  const names = await unhealthy();
  if (names.length === 0) return stopWaiting(state);
  const diagnosed = { deploymentId: deployment.deploymentId, specs: [from.spec, to.spec] };
  return stopWaiting({ ...state, notPutBack: await diagnose(services, diagnosed, names) });
}

async function keepReason({ services, operation, state }: Step): Promise<void> {
  const reason = reasonOf(state);
  if (reason === undefined) return;
  const { organizationId, deploymentId, number, attempt } = operation;
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.operation
        .patch({ organizationId, deploymentId, number })
        .set({ reason })
        .add({ version: 1 })
        .where((has, { eq }) => eq(has.attempt, attempt))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Superseded(number, attempt);
}
