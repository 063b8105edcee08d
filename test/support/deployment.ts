import { z } from 'zod';
import { type Answer, createClient, type Tenant } from './client.ts';
import { type Platform, until } from './platform.ts';

const Deployment = z.looseObject({
  id: z.string(),
  name: z.string(),
  namespace: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
});
export type Deployment = z.infer<typeof Deployment>;

/** The tenant's deployments as the API lists them. */
export async function deployments({ client, organizationId }: Tenant): Promise<Deployment[]> {
  const answer = await client.get(`/v1/organizations/${organizationId}/deployments`);
  return z.object({ deployments: z.array(Deployment) }).parse(answer.body).deployments;
}

/** Waits until the tenant's deployment of this name has ended its create: HEALTHY or UNHEALTHY. */
export async function created(tenant: Tenant, name = TRIAL): Promise<Deployment> {
  let last: Deployment | undefined;
  await until(
    async () => {
      last = (await deployments(tenant)).find((deployment) => deployment.name === name);
      return last?.status === 'HEALTHY' || last?.status === 'UNHEALTHY';
    },
    { seconds: 420, what: () => `${name} to be created; it is ${last?.status}: ${last?.statusReason}` },
  );
  if (last === undefined) throw new Error(`There is no deployment ${name}`);
  return last;
}

/** Waits until the tenant's deployment of this name is HEALTHY. */
export async function healthy(tenant: Tenant, name = TRIAL): Promise<Deployment> {
  const deployment = await created(tenant, name);
  if (deployment.status !== 'HEALTHY') throw new Error(`${name} is UNHEALTHY: ${deployment.statusReason}`);
  return deployment;
}

export interface Variable {
  readonly key: string;
  readonly value: string;
  readonly isSecret: boolean;
}

/** Asks for a deployment; one with nothing but a name gets the defaults. */
export function createDeployment(
  tenant: Tenant,
  request: {
    readonly name: string;
    readonly astroRuntimeVersion?: string;
    readonly executor?: string;
    readonly workerQueues?: readonly object[];
    readonly environmentVariables?: readonly Variable[];
  },
): Promise<Answer> {
  const { client, organizationId, workspaceId } = tenant;
  return client.post(`/v1/organizations/${organizationId}/deployments`, { workspaceId, ...request });
}

/** Where the API has a deployment. */
export function pathOf({ organizationId }: Tenant, { id }: Deployment): string {
  return `/v1/organizations/${organizationId}/deployments/${id}`;
}

/** Where the API has what of a deployment is Windsock's own: its operations, timeline and revisions. */
export function alphaOf(tenant: Tenant, deployment: Deployment): string {
  return pathOf(tenant, deployment).replace('/v1/', '/v1alpha1/');
}

/** Deletes a deployment and waits until the API has it no more. */
export async function remove(tenant: Tenant, deployment: Deployment): Promise<void> {
  const { status, body } = await tenant.client.delete(pathOf(tenant, deployment));
  if (status !== 204) throw new Error(`The delete answered ${status}: ${JSON.stringify(body)}`);
  await removed(tenant, deployment);
}

/** Deletes what the tenant has, which may be nothing: it can be done again. */
export async function removeAll(tenant: Tenant): Promise<void> {
  for (const left of await deployments(tenant)) await remove(tenant, left);
}

/** Waits until the API has a deployment no more. */
export async function removed(tenant: Tenant, { id }: Deployment): Promise<void> {
  await until(async () => (await deployments(tenant)).every((other) => other.id !== id), {
    seconds: 300,
    what: () => `deployment ${id} to be removed`,
  });
}

/**
 * Lifts the limits of the tenant's plan by the operator's token, and deletes the deployment that came with the trial:
 * the machine has better to do than to start it.
 */
export async function leaveTrial(platform: Platform, tenant: Tenant): Promise<void> {
  const operator = createClient(platform.url, await platform.operatorToken());
  const path = `/v1alpha1/operator/organizations/${tenant.organizationId}`;
  const { status, body } = await operator.post(path, { productPlan: 'TEAM' });
  if (status !== 200) throw new Error(`The operator was answered ${status}: ${JSON.stringify(body)}`);
  await until(async () => (await deployments(tenant)).length === 1, {
    seconds: 70,
    what: () => 'the deployment of the trial to be listed',
  });
  await removeAll(tenant);
}

const TRIAL = 'Trial';
