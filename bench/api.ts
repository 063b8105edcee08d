import { z } from 'zod';
import { signUp } from '../test/support/account.ts';
import { startControlPlane } from '../test/support/control-plane.ts';
import { leaveTrialPlan, tenantWithTrial } from './support/deployment.ts';
import { figures, load } from './support/load.ts';
import { counts, dynamodbOperationsOf } from './support/operations.ts';
import { withPlatform } from './support/platform.ts';
import { routes } from './support/routes.ts';
import { printTable, say } from './support/table.ts';

const CLIENTS = 16;
const SECONDS = 3;
const WARM_UP_SECONDS = 1;

/**
 * Requests a second, latency and DynamoDB operations of the API's routes: the first two from 16 clients of a whole
 * platform with one deployment, the last from single requests to the same function in this process.
 */
export async function api(_rounds: number): Promise<void> {
  const operations = await countOperations();
  await withPlatform(async (platform) => {
    const { tenant, trial } = await tenantWithTrial(platform);
    await leaveTrialPlan(platform, tenant);
    const { organizationId, workspaceId } = tenant;
    const tokens = Array.from({ length: CLIENTS }, () => tenant.token);
    const rows: string[][] = [];
    for (const [route, request] of Object.entries(routes)) {
      const next = () => request({ organizationId, workspaceId, deploymentId: trial.id });
      const ask = (seconds: number) => load(platform.url, tokens, { seconds, next });
      await ask(WARM_UP_SECONDS);
      rows.push([route, ...figures(await ask(SECONDS)), operations.get(route) ?? '']);
      say(`  ${rows.at(-1)?.join('  ')}`);
    }
    printTable(
      `The API, ${CLIENTS} clients on loopback, ${SECONDS} s a route`,
      ['', 'requests/s', 'p50 ms', 'p99 ms', 'answers by status', 'DynamoDB operations'],
      rows,
    );
  });
}

/** What each route asks of DynamoDB, by its name, once the caller's identity and roles are in the function's memory. */
async function countOperations(): Promise<Map<string, string>> {
  const plane = await startControlPlane();
  const { info } = console;
  // The function's log, a line a request, would stand between the tables.
  console.info = () => undefined;
  try {
    const { token, organization, workspace, path } = await signUp(plane);
    const operator = { token: plane.secret.operatorToken };
    const plan = { productPlan: 'TEAM' };
    await plane.call('POST', `/v1alpha1/operator/organizations/${organization.id}`, plan, operator);
    const request = { name: 'Counted', workspaceId: workspace.id };
    const { body } = await plane.call('POST', `${path}/deployments`, request, { token });
    const { id: deploymentId } = z.object({ id: z.string() }).parse(body);
    const subjects = { organizationId: organization.id, workspaceId: workspace.id, deploymentId };
    const counted = new Map<string, string>();
    for (const [route, next] of Object.entries(routes)) {
      const ask = async () => {
        const { method, path, body } = next(subjects);
        const { status } = await plane.call(method, path, body, { token });
        if (status !== 200) throw new Error(`${method} ${path} answered ${status}`);
      };
      await ask();
      counted.set(route, counts(await dynamodbOperationsOf(ask)));
    }
    return counted;
  } finally {
    console.info = info;
    await plane.stop();
  }
}
