import { expect } from 'vitest';
import { Deployment } from '../../core/deployment/view.ts';
import type { Tenant } from './client.ts';
import { until } from './platform.ts';

/** Asks for something of a deployment, at the path that the API has for it, which has to be taken; its answer. */
export async function ask({ client }: Tenant, path: string, request: object): Promise<unknown> {
  const { status, body } = await client.post(path, request);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

/** Waits until the deployment at this path is so. */
export async function seen(
  { client }: Tenant,
  path: string,
  isSo: (deployment: Deployment) => boolean,
  seconds = 120,
): Promise<Deployment> {
  const look = async () => Deployment.parse((await client.get(path)).body);
  let last = await look();
  await until(
    async () => {
      last = await look();
      return isSo(last);
    },
    { seconds, what: () => `the deployment to change; it is ${JSON.stringify(last)}` },
  );
  return last;
}

/** Whether no operation works on the deployment, and nothing waits for one. */
export const isAtRest = ({ runningOperation, waitingIntents }: Deployment): boolean =>
  runningOperation === undefined && waitingIntents === 0;
