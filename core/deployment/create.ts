import { conflict, invalid } from '../errors.ts';
import { newId, newOrderedId } from '../id.ts';
import { comparable } from '../name/schema.ts';
import { asked } from '../operation/ask.ts';
import { nextRevision } from '../operation/begin.ts';
import { type Plan, plan } from '../operation/plan.ts';
import { limitsOf, type PlanLimits, type ProductPlan, pastLimit } from '../organization/plans.ts';
import { getOrganization } from '../organization/read.ts';
import { authorize } from '../permission/authorize.ts';
import { type Scope, timestamp } from '../scope.ts';
import type { Services } from '../services.ts';
import { created, dueNow } from '../store/attributes.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { getWorkspace } from '../workspace/read.ts';
import type { DeploymentItem } from './entity.ts';
import { namespaceOf } from './namespace.ts';
import { limitErrors } from './offer.ts';
import { getDeployment } from './read.ts';
import type { CreateDeploymentRequest } from './request.ts';
import { type Specified, specify } from './specify.ts';
import { abandonVariables, storeVariables, type VariableSetKey } from './variable-set.ts';

/**
 * Creates a deployment, which an operation then makes run. 409 when its name is taken in the workspace, else 400
 * with what is wrong or past the plan's limits; both hold under concurrency. Asked again with the same
 * `deploymentId` it returns the one that is there.
 */
export async function createDeployment(
  scope: Scope,
  services: Services,
  organizationId: string,
  request: CreateDeploymentRequest,
  deploymentId: string = newOrderedId(scope.now),
): Promise<DeploymentItem> {
  authorize(scope, 'deployment.create', { organizationId, workspaceId: request.workspaceId });
  const ids = { organizationId, deploymentId };
  const set = { ...ids, variableSetId: newId() };
  const { environmentVariables = [] } = request;
  let stored: VariableSetKey | undefined;
  try {
    return await retryStale(async () => {
      const { spec, settings } = await specified(scope, services, set, request);
      const existing = await takenBy(services, ids, request);
      if (existing !== undefined) return existing;
      const { productPlan, limits } = await checkLimits(services, organizationId, spec);
      if (stored === undefined && environmentVariables.length > 0) {
        stored = set;
        await storeVariables(scope, services, set, environmentVariables);
      }
      const item: DeploymentItem = {
        ...ids,
        workspaceId: request.workspaceId,
        name: request.name,
        namespace: namespaceOf(deploymentId),
        cellId: services.environment.CELL.id,
        settings,
        desired: spec,
        operationCount: 0,
        revisionCount: 0,
        intentCount: 1,
        carriedIntents: 0,
        draining: [],
        isDeleting: false,
        ...created(scope),
        ...dueNow(scope, deploymentId),
      };
      await write(scope, services, item, { productPlan, limits, stored });
      return item;
    });
  } catch (error) {
    if (stored !== undefined) await abandonVariables(services, stored);
    throw error;
  }
}

/** What a create would do, without doing it; its errors are those of the create. */
export async function planCreate(
  scope: Scope,
  services: Services,
  organizationId: string,
  request: CreateDeploymentRequest,
): Promise<Plan> {
  authorize(scope, 'deployment.create', { organizationId, workspaceId: request.workspaceId });
  const deploymentId = newId();
  const set = { organizationId, variableSetId: newId() };
  const { spec } = await specified(scope, services, set, request);
  await takenBy(services, { organizationId, deploymentId }, request);
  await checkLimits(services, organizationId, spec);
  return plan(undefined, nextRevision({ desired: spec, revisionCount: 0 }, undefined));
}

/** What the request asks for in its workspace, as that is now; 404 when it is not there. */
async function specified(
  scope: Scope,
  services: Services,
  { organizationId, variableSetId }: Pick<VariableSetKey, 'organizationId' | 'variableSetId'>,
  request: CreateDeploymentRequest,
): Promise<Specified> {
  return specify(request, await getWorkspace(services, organizationId, request.workspaceId), {
    now: timestamp(scope),
    cell: services.environment.CELL,
    variableSetId,
    newQueueId: newId,
  });
}

/** The deployment itself when it holds the name already; 409 when another one does. */
async function takenBy(
  services: Services,
  { organizationId, deploymentId }: { organizationId: string; deploymentId: string },
  { workspaceId, name }: CreateDeploymentRequest,
): Promise<DeploymentItem | undefined> {
  const { data } = await services
    .store(organizationId)
    .entities.name.get({ organizationId, parentId: workspaceId, name: comparable(name) })
    .go({ consistent: true });
  if (data === null) return undefined;
  if (data.ownerId === deploymentId) return await getDeployment(services, { organizationId, deploymentId });
  throw deploymentNameTaken(name);
}

/** 409: a deployment of that name is there already. */
export function deploymentNameTaken(name: string) {
  return conflict(`A deployment named "${name}" exists already in this workspace. Choose another name.`);
}

async function checkLimits(
  services: Services,
  organizationId: string,
  spec: DeploymentItem['desired'],
): Promise<{ productPlan: ProductPlan; limits: PlanLimits }> {
  const { productPlan, deploymentCount } = await getOrganization(services, organizationId);
  const limits = limitsOf(productPlan);
  const { deployments } = limits;
  const errors = limitErrors(spec, productPlan, limits);
  if (deploymentCount >= deployments) {
    errors.push(
      pastLimit(productPlan, 'deployments', `${deployments} deployment${deployments === 1 ? '' : 's'}`),
    );
  }
  if (errors.length > 0) throw invalid(...errors);
  return { productPlan, limits };
}

/** Writes all of it or nothing; Stale when anything that was read before has changed. */
async function write(
  scope: Scope,
  services: Services,
  item: DeploymentItem,
  read: { productPlan: ProductPlan; limits: PlanLimits; stored: VariableSetKey | undefined },
): Promise<void> {
  const { organizationId, deploymentId, workspaceId } = item;
  const { productPlan, limits, stored } = read;
  const intent = { kind: 'create' as const, spec: item.desired };
  const rejected = await refused(
    services.store(organizationId).transaction.write((entities) => [
      entities.deployment.create(item).commit(),
      entities.name
        .create({
          organizationId,
          parentId: workspaceId,
          name: comparable(item.name),
          ownerId: deploymentId,
        })
        .commit(),
      entities.organization
        .patch({ organizationId })
        .add({ deploymentCount: 1 })
        .where((has, { eq, lt }) =>
          Number.isFinite(limits.deployments)
            ? `${eq(has.productPlan, productPlan)} AND ${lt(has.deploymentCount, limits.deployments)}`
            : eq(has.productPlan, productPlan),
        )
        .commit(),
      entities.workspace.patch({ organizationId, workspaceId }).add({ deploymentCount: 1 }).commit(),
      entities.intent.create(asked(scope, { organizationId, deploymentId }, 1, intent)).commit(),
      ...(stored === undefined
        ? []
        : [entities.variableSet.patch(stored).remove(['dueShard', 'dueAt']).commit()]),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Deployment ${item.name}`);
}
