import { afterAll, beforeAll, expect, test } from 'vitest';
import { signUp } from '../support/client.ts';
import { createDeployment, deployments, leaveTrial, remove } from '../support/deployment.ts';
import { createPlatform, type Platform } from '../support/platform.ts';
import { tracesOf } from '../support/traces.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await createPlatform();
  await platform.start();
});
afterAll(() => platform.destroy());

test('two hundred creates of the same name at once give one deployment and 199 times 409', async () => {
  const tenant = await signUp(platform);
  await leaveTrial(platform, tenant);
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => createDeployment(tenant, { name: 'Same' })),
  );
  expect(Map.groupBy(answers, ({ status }) => status).get(200)).toHaveLength(1);
  const refusals = answers.filter(({ status }) => status !== 200);
  expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([409]));
  for (const { body } of refusals) expect(JSON.stringify(body)).toContain('Same');
  const [deployment, ...others] = await deployments(tenant);
  if (deployment === undefined) throw new Error('There is no deployment');
  expect(others).toEqual([]);
  await remove(tenant, deployment);
  expect(tracesOf(platform.home, deployment.id)).toEqual([]);
});
