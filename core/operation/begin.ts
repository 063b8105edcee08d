import type { DeploymentItem } from '../deployment/entity.ts';
import { generationsOf } from '../revision/generations.ts';
import { findRevision } from '../revision/read.ts';
import type { Revision } from '../revision/schema.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { created, dueAfter } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { startExecution, WATCH_SECONDS } from './execution.ts';
import { plan } from './plan.ts';
import { findIntent } from './read.ts';

/**
 * Begins an operation that carries all intents that wait, in the name of who asked last: what they add up to is the
 * deployment's desired spec, or nothing once it is being deleted. Writes the operation and the revision it leads to,
 * then starts the workflow; a crash in between leaves an operation without an execution, which `watch` starts.
 */
export async function begin(scope: Scope, services: Services, deployment: DeploymentItem): Promise<void> {
  const { organizationId, deploymentId, version, running, isDeleting } = deployment;
  const ids = { organizationId, deploymentId };
  const from = running === undefined ? undefined : await findRevision(services, ids, running);
  const number = deployment.operationCount + 1;
  const to = isDeleting ? undefined : nextRevision(deployment, from);
  const planned = plan(from, to);
  const operation = {
    ...ids,
    number,
    kind: planned.kind,
    status: 'RUNNING' as const,
    plan: planned,
    ...(running === undefined ? {} : { fromRevision: running }),
    ...(to === undefined ? {} : { toRevision: to.number }),
    firstIntent: deployment.carriedIntents + 1,
    lastIntent: deployment.intentCount,
    attempt: 1,
    steps: [],
    ...created(scope),
    createdBy: (await findIntent(services, ids, deployment.intentCount)).createdBy,
  };
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.deployment
        .patch(ids)
        .set({
          version: version + 1,
          operation: { number, attempt: 1 },
          operationCount: number,
          ...(to === undefined ? {} : { revisionCount: to.number }),
          carriedIntents: deployment.intentCount,
          ...dueAfter(scope, deploymentId, WATCH_SECONDS),
        })
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
      entities.operation.create(operation).commit(),
      ...(to === undefined
        ? []
        : [
            entities.revision
              .create({ ...ids, ...to, operation: number, createdAt: timestamp(scope) })
              .commit(),
          ]),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${deploymentId}`);
  await startExecution(services, operation);
}

/** The revision that the deployment's desired spec would be, coming from the one that runs. */
export function nextRevision(
  { desired, revisionCount }: Pick<DeploymentItem, 'desired' | 'revisionCount'>,
  from: Revision | undefined,
): Revision {
  const number = revisionCount + 1;
  return { number, spec: desired, generations: generationsOf(from, desired, number) };
}
