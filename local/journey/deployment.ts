import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Client, Refused } from './client.ts';

const deployment = z.object({
  id: z.string(),
  name: z.string(),
  namespace: z.string(),
  status: z.string(),
  statusReason: z.string().nullish(),
  webServerUrl: z.string(),
});
export type Deployment = z.infer<typeof deployment>;

const runSchema = z.object({ dag_run_id: z.string(), state: z.string() });

/** Waits for the organization's first deployment to be HEALTHY. Throws its reason when it becomes UNHEALTHY. */
export async function healthyDeployment(client: Client, organizationId: string): Promise<Deployment> {
  const list = z.object({ deployments: z.array(deployment) });
  for (;;) {
    const { deployments } = await client.get(`/v1/organizations/${organizationId}/deployments`, list);
    const [first] = deployments;
    if (first?.status === 'HEALTHY') return first;
    if (first?.status === 'UNHEALTHY') {
      throw new Error(
        `The deployment ${first.name} is UNHEALTHY: ${first.statusReason ?? 'no reason given'}`,
      );
    }
    await delay(100);
  }
}

/** Deploys the `dags/` folder of a project as CI does: create a deploy, upload, finalize. */
export async function deployDags(
  client: Client,
  organizationId: string,
  deploymentId: string,
  project: string,
) {
  const deploys = `/v1/organizations/${organizationId}/deployments/${deploymentId}/deploys`;
  const created = z.object({ id: z.string(), dagsUploadUrl: z.string() });
  const deploy = await client.post(deploys, { type: 'DAG_ONLY', description: `From ${project}` }, created);
  const { stdout: tarball } = await promisify(execFile)('tar', ['-C', project, '-cz', 'dags'], {
    encoding: 'buffer',
    maxBuffer: 100_000_000,
  });
  const upload = await fetch(deploy.dagsUploadUrl, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/gzip' },
    body: tarball,
  });
  const version = upload.headers.get('x-ms-version-id');
  if (!upload.ok || version === null) throw new Refused('The upload', upload.status, await upload.text());
  await client.post(`${deploys}/${deploy.id}/finalize`, { dagTarballVersion: version }, z.unknown());
}

/** Waits until Airflow lists the DAG, unpauses it and starts a run; answers the run's id. */
export async function triggerDag(client: Client, namespace: string, dagId: string): Promise<string> {
  const dag = `/${namespace}/api/v2/dags/${dagId}`;
  while (!(await exists(client, dag))) await delay(100);
  await client.patch(dag, { is_paused: false }, z.unknown());
  const run = await client.post(`${dag}/dagRuns`, { logical_date: null }, runSchema);
  return run.dag_run_id;
}

/** Waits for the run to succeed. Throws when it fails. */
export async function successfulRun(client: Client, namespace: string, dagId: string, runId: string) {
  const path = `/${namespace}/api/v2/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`;
  for (;;) {
    const { state } = await client.get(path, runSchema);
    if (state === 'success') return;
    if (state === 'failed')
      throw new Error(`The run ${runId} of ${dagId} failed; its logs are in Airflow's page`);
    await delay(200);
  }
}

async function exists(client: Client, path: string): Promise<boolean> {
  try {
    await client.get(path, z.unknown());
    return true;
  } catch (error) {
    if (error instanceof Refused && error.statusCode === 404) return false;
    throw error;
  }
}
