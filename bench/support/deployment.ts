import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ECSClient } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { Operation } from '../../core/operation/view.ts';
import { REGION } from '../../local/endpoint/service.ts';
import { portsSchema } from '../../local/ports.ts';
import { createClient, signUp, type Tenant } from '../../test/support/client.ts';
import { type Deployment, deployments, healthy, remove } from '../../test/support/deployment.ts';
import { until } from '../../test/support/platform.ts';
import { type Airflow, airflowAt, PROBE_MS } from './airflow.ts';
import type { Platform } from './platform.ts';

/** A tenant whose first deployment, the trial's, is HEALTHY: by then the platform has done everything once. */
export async function tenantWithTrial(platform: Platform): Promise<{ tenant: Tenant; trial: Deployment }> {
  const tenant = await signUp(platform);
  await until(async () => (await deployments(tenant)).length === 1, {
    seconds: 120,
    what: () => "the trial's deployment",
  });
  return { tenant, trial: await healthy(tenant) };
}

/** A tenant with no deployment, on a platform that has had one. */
export async function tenantOnUsedPlatform(platform: Platform): Promise<Tenant> {
  const { tenant, trial } = await tenantWithTrial(platform);
  await remove(tenant, trial);
  return tenant;
}

/** Creates a deployment and waits until it is HEALTHY. `settings` are further fields of the request. */
export async function createHealthy(
  tenant: Tenant,
  name: string,
  settings: object = {},
): Promise<Deployment> {
  const { client, organizationId, workspaceId } = tenant;
  const root = `/v1/organizations/${organizationId}/deployments`;
  const { status, body } = await client.post(root, { name, workspaceId, ...settings });
  if (status !== 200) throw new Error(`The create answered ${status}: ${JSON.stringify(body)}`);
  const { id } = z.object({ id: z.string() }).parse(body);
  return await becomesHealthy(tenant, id);
}

/** Waits until a deployment is HEALTHY, with what was asked for last; throws when that failed. */
export async function becomesHealthy(
  { client, organizationId }: Tenant,
  deploymentId: string,
): Promise<z.infer<typeof Shown>> {
  const path = `/v1/organizations/${organizationId}/deployments/${deploymentId}`;
  let deployment: z.infer<typeof Shown> | undefined;
  await until(
    async () => {
      deployment = Shown.parse((await client.get(path)).body);
      const { status, statusReason } = deployment;
      const isAtRest = status === 'HEALTHY' || status === 'UNHEALTHY';
      if (isAtRest && statusReason !== undefined) throw new Error(`${status}: ${statusReason}`);
      return status === 'HEALTHY';
    },
    { seconds: 420, what: () => `${path} to be HEALTHY; it is ${deployment?.status}`, every: PROBE_MS },
  );
  if (deployment === undefined) throw new Error(`There is no ${path}`);
  return deployment;
}

const Shown = z.looseObject({
  id: z.string(),
  name: z.string(),
  namespace: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
  runningRevision: z.int().optional(),
});

/** Lifts the limits of the trial, by the operator's token. */
export async function leaveTrialPlan(platform: Platform, { organizationId }: Tenant): Promise<void> {
  const operator = createClient(platform.url, await platform.operatorToken());
  const path = `/v1alpha1/operator/organizations/${organizationId}`;
  const { status, body } = await operator.post(path, { productPlan: 'TEAM' });
  if (status !== 200) throw new Error(`The operator was answered ${status}: ${JSON.stringify(body)}`);
}

/** A deployment's Airflow, behind the front door. */
export function airflowOf(platform: Platform, tenant: Tenant, { namespace }: Deployment): Airflow {
  return airflowAt(`${platform.url}/${namespace}/api/v2`, tenant.token);
}

/** A deployment's operations, the newest first. */
export async function operationsOf(
  { client, organizationId }: Tenant,
  { id }: Deployment,
): Promise<Operation[]> {
  const { body } = await client.get(`/v1alpha1/organizations/${organizationId}/deployments/${id}/operations`);
  return z.object({ operations: z.array(Operation) }).parse(body).operations;
}

/** A client of the platform's own ECS. */
export function ecsOf({ home }: Platform): ECSClient {
  const ports = portsSchema.parse(JSON.parse(readFileSync(join(home, 'ports.json'), 'utf8')));
  return new ECSClient({
    endpoint: `http://127.0.0.1:${ports.endpoints}`,
    region: REGION,
    credentials: { accessKeyId: 'runner', secretAccessKey: 'local' },
  });
}
