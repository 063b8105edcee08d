import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sent, type Tenant } from './client.ts';
import { until } from './platform.ts';
import { tarball } from './tarball.ts';

/** The files of a `dags/` folder: text by path. */
export type Dags = Readonly<Record<string, string>>;

/** The `dags/` folder of a project of `examples/`. */
export function exampleDags(project: string): Dags {
  const folder = join(import.meta.dirname, '..', '..', 'examples', project, 'dags');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter(
    (path) => !path.includes('__pycache__') && statSync(join(folder, path)).isFile(),
  );
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

const Deploy = z.object({ id: z.string(), status: z.string(), dagsUploadUrl: z.string().optional() });

/**
 * Deploys DAGs as CI does: creates a deploy, uploads the bundle, finalizes; answers the deploy's id.
 */
export async function deploy(tenant: Tenant, deploymentId: string, dags: Dags): Promise<string> {
  const { client } = tenant;
  const deploys = `/v1/organizations/${tenant.organizationId}/deployments/${deploymentId}/deploys`;
  const { id, dagsUploadUrl = '' } = Deploy.parse((await client.post(deploys, { type: 'DAG_ONLY' })).body);
  const entries = Object.entries(dags).map(([path, content]) => ({ name: `dags/${path}`, content }));
  const upload = await sent(dagsUploadUrl, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: await tarball(entries),
  });
  const dagTarballVersion = upload.headers.get('x-ms-version-id');
  if (upload.status !== 201) throw new Error(`The upload answered ${upload.status}: ${upload.text}`);
  const finalized = await client.post(`${deploys}/${id}/finalize`, { dagTarballVersion });
  if (finalized.status !== 200) throw new Error(`Finalize answered ${JSON.stringify(finalized)}`);
  return id;
}

/** Waits until the deploy has ended; answers how. */
export async function deployed(tenant: Tenant, deploymentId: string, deployId: string): Promise<string> {
  const path = `/v1/organizations/${tenant.organizationId}/deployments/${deploymentId}/deploys/${deployId}`;
  let status = '';
  await until(
    async () => {
      ({ status } = Deploy.parse((await tenant.client.get(path)).body));
      return status === 'DEPLOYED' || status === 'FAILED';
    },
    { seconds: 120, what: () => `the deploy to end; it is ${status}` },
  );
  return status;
}
