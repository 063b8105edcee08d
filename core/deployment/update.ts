import { invalid } from '../errors.ts';
import { newId } from '../id.ts';
import { comparable } from '../name/schema.ts';
import { asking, demandNotDeleting } from '../operation/ask.ts';
import { nextRevision } from '../operation/begin.ts';
import { AT_ONCE, type Plan, plan } from '../operation/plan.ts';
import { patchBetween, type SpecPatch } from '../revision/patch.ts';
import { findRevision } from '../revision/read.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { deploymentNameTaken } from './create.ts';
import type { DeploymentIds, DeploymentItem } from './entity.ts';
import { demandWithinLimits } from './limits.ts';
import { getDeployment } from './read.ts';
import type { EnvironmentVariableRequest, UpdateDeploymentRequest } from './request.ts';
import { settingsChange } from './settings-change.ts';
import type { SettingsChangeItem } from './settings-change-entity.ts';
import { respecify, type Specified } from './specify.ts';
import { abandonVariables, storeVariables } from './variable-set.ts';
import { newValues } from './variables.ts';

/**
 * Changes a deployment: what it is told at once, and what it runs by an intent, which an operation then carries. Never
 * refused because another change is being made; what changes nothing is not written. 400 with the fields that are wrong
 * or past the plan's limits, 409 when its new name is taken or it is being deleted.
 */
export async function updateDeployment(
  scope: Scope,
  services: Services,
  ids: DeploymentIds,
  request: UpdateDeploymentRequest,
): Promise<DeploymentItem> {
  const set = { organizationId: ids.organizationId, deploymentId: ids.deploymentId, variableSetId: newId() };
  let stored: readonly EnvironmentVariableRequest[] = [];
  try {
    return await retryStale(async () => {
      const deployment = await getDeployment(services, ids);
      const { spec, settings } = await changed(scope, services, deployment, request, set.variableSetId);
      const values = newValues(request.environmentVariables ?? [], deployment.desired.environmentVariables);
      if (values.length > 0 && stored.length === 0) {
        stored = values;
        await storeVariables(scope, services, set, request.environmentVariables?.filter(isGiven) ?? []);
      }
      const name = request.name ?? deployment.name;
      const patch = patchBetween(deployment.desired, spec);
      const asks = mustRun(deployment, patch)
        ? asking(scope, deployment, { kind: 'update', patch })
        : undefined;
      const told = settingsChange(scope, deployment, { name, settings });
      if (asks === undefined && told === undefined) return deployment;
      const change = { ...updated(scope, deployment.version), ...asks?.deployment, name, settings };
      await write(services, deployment, {
        change,
        told,
        asks,
        set: values.length > 0 ? set : undefined,
      });
      return { ...deployment, ...change };
    });
  } catch (error) {
    if (stored.length > 0) await abandonVariables(services, set);
    throw error;
  }
}

/** What an update would do, without doing it; its errors are those of the update. */
export async function planUpdate(
  scope: Scope,
  services: Services,
  ids: DeploymentIds,
  request: UpdateDeploymentRequest,
): Promise<Plan> {
  const deployment = await getDeployment(services, ids);
  const { spec } = await changed(scope, services, deployment, request, newId());
  if (!mustRun(deployment, patchBetween(deployment.desired, spec))) return AT_ONCE;
  return await planTo(services, deployment, spec);
}

/** What it would take to run this spec, coming from what runs now. */
export async function planTo(
  services: Services,
  deployment: DeploymentItem,
  desired: DeploymentItem['desired'],
): Promise<Plan> {
  const { running } = deployment;
  const from = running === undefined ? undefined : await findRevision(services, deployment, running);
  return plan(from, nextRevision({ ...deployment, desired }, from));
}

/**
 * The spec and settings that the request leads to, checked as far as they can be before the write: a name that is taken
 * comes first.
 */
async function changed(
  scope: Scope,
  services: Services,
  deployment: DeploymentItem,
  request: UpdateDeploymentRequest,
  variableSetId: string,
): Promise<Specified> {
  const { workspaceId, desired, settings } = deployment;
  demandNotDeleting(deployment);
  await demandFreeName(services, deployment, request.name ?? deployment.name);
  if (request.workspaceId !== undefined && request.workspaceId !== workspaceId) {
    const message = `is ${workspaceId} and cannot be changed`;
    throw invalid({ field: 'workspaceId', code: 'not_changeable', message });
  }
  const specified = respecify(
    request,
    { spec: desired, settings },
    {
      now: timestamp(scope),
      cell: services.environment.CELL,
      variableSetId,
      newQueueId: newId,
    },
  );
  await demandWithinLimits(services, deployment, specified.spec);
  return specified;
}

/** Throws 409 when another deployment of the workspace has this name. */
async function demandFreeName(services: Services, deployment: DeploymentItem, name: string): Promise<void> {
  const { organizationId, deploymentId, workspaceId } = deployment;
  if (comparable(name) === comparable(deployment.name)) return;
  const { data } = await services
    .store(organizationId)
    .entities.name.get({ organizationId, parentId: workspaceId, name: comparable(name) })
    .go({ consistent: true });
  if (data !== null && data.ownerId !== deploymentId) throw deploymentNameTaken(name);
}

/** Whether there is anything to carry out; a create that failed is tried again by any update. */
function mustRun(deployment: DeploymentItem, patch: SpecPatch): boolean {
  const { running, operation, intentCount, carriedIntents } = deployment;
  const hasFailed = running === undefined && operation === undefined && intentCount === carriedIntents;
  return Object.keys(patch).length > 0 || hasFailed;
}

function isGiven({ value }: EnvironmentVariableRequest): boolean {
  return value !== undefined;
}

/** Writes all of it or nothing; 409 when the new name is taken, Stale when the deployment was changed meanwhile. */
async function write(
  services: Services,
  deployment: DeploymentItem,
  {
    change,
    told,
    asks,
    set,
  }: {
    change: Partial<DeploymentItem> & { name: string };
    told: SettingsChangeItem | undefined;
    asks: ReturnType<typeof asking> | undefined;
    set: Parameters<typeof abandonVariables>[1] | undefined;
  },
): Promise<void> {
  const { organizationId, deploymentId, workspaceId, version } = deployment;
  const [before, after] = [comparable(deployment.name), comparable(change.name)];
  const named = { organizationId, parentId: workspaceId };
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.deployment
        .patch({ organizationId, deploymentId })
        .set(change)
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
      ...(told === undefined ? [] : [entities.settingsChange.create(told).commit()]),
      ...(asks === undefined ? [] : [entities.intent.create(asks.intent).commit()]),
      ...(set === undefined ? [] : [entities.variableSet.patch(set).remove(['dueShard', 'dueAt']).commit()]),
      ...(before === after
        ? []
        : [
            entities.name.delete({ ...named, name: before }).commit(),
            entities.name.create({ ...named, name: after, ownerId: deploymentId }).commit(),
          ]),
    ]),
  );
  if (rejected.includes(0)) throw new Stale(`Deployment ${deploymentId}`);
  if (rejected.length > 0) throw deploymentNameTaken(change.name);
}
