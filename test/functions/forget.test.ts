import { BatchWriteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { DeploymentIds } from '../../core/deployment/entity.ts';
import { findDeployment, getDeployment } from '../../core/deployment/read.ts';
import { type Plan, plan } from '../../core/operation/plan.ts';
import { intercept } from '../../core/store/intercept.ts';
import { remainsOf } from '../../core/workflow/remains.ts';
import { runStep } from '../../core/workflow/steps.ts';
import { type Account, setPlan, signUp } from '../support/account.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { operationOf, writeHistory } from '../support/history.ts';

/** More than one run of a step deletes. */
const LAST = 250;

let plane: ControlPlane;
let account: Account;
beforeAll(async () => {
  plane = await startControlPlane();
  account = await signUp(plane);
  await setPlan(plane, account, 'TEAM');
});
afterAll(() => plane.stop());

const system = () =>
  ({ now: plane.now(), actor: { type: 'system', name: 'test' }, requestId: 'test' }) as const;

/** A deployment with a long history whose last operation, the removal, runs; and the state of its workflow. */
async function beingRemoved(name: string) {
  const request = { name, workspaceId: account.workspace.id };
  const { body } = await plane.call('POST', `${account.path}/deployments`, request, account);
  const organizationId = account.organization.id;
  const ids = { organizationId, deploymentId: z.object({ id: z.string() }).parse(body).id };
  const store = plane.services.store(organizationId);
  await writeHistory(store, ids, LAST);
  await plane.call(
    'POST',
    `${account.path}/deployments/${ids.deploymentId}`,
    { description: 'last' },
    account,
  );
  const number = LAST + 1;
  const item = await getDeployment(plane.services, ids);
  await store.entities.operation.put(operationOf(item, number, planOf({ stopped: ['control'] }))).go();
  await store.entities.deployment
    .patch(ids)
    .set({ operation: { number, attempt: 1 }, operationCount: number, isDeleting: true })
    .go();
  return { ids, state: { ...ids, operation: number, attempt: 1, rolls: true, putBack: false, done: true } };
}

function planOf(components: Partial<Plan['components']>): Plan {
  const none = plan(undefined, undefined);
  return { ...none, components: { ...none.components, ...components } };
}

/** How many items the deployment has beside its own. */
async function partitionSize({ organizationId, deploymentId }: DeploymentIds): Promise<number> {
  const { Count = 0 } = await plane.services.database.send(
    new QueryCommand({
      TableName: plane.services.environment.TABLE_NAME,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': `org#${organizationId}#deployment#${deploymentId}` },
      Select: 'COUNT',
    }),
  );
  return Count;
}

test('a long history is forgotten in parts, each asked for by the workflow, whatever broke off the one before', async () => {
  const { ids, state } = await beingRemoved('long');
  let batches = 0;
  const breaking = intercept(plane.services.database, async (command, pass) => {
    if (command instanceof BatchWriteCommand && ++batches === 7) throw new Error('The function was ended');
    return await pass(command);
  });
  await expect(runStep(system(), plane.services.through(breaking), 'Forget', state)).rejects.toThrow('ended');
  let asked = await runStep(system(), plane.services, 'Forget', state);
  let left = await partitionSize(ids);
  let runs = 1;
  for (; asked.done === false; runs += 1) {
    expect(asked.pauseSeconds).toBeGreaterThan(0);
    expect(left).toBeGreaterThan(0);
    asked = await runStep(system(), plane.services, 'Forget', asked);
    const before = left;
    left = await partitionSize(ids);
    expect(before - left).toBeLessThanOrEqual(500);
  }
  expect(asked.done).toBe(true);
  expect(runs).toBe(3);
  expect(left).toBe(0);
  expect(await findDeployment(plane.services, ids)).toBeUndefined();
  expect(await runStep(system(), plane.services, 'Forget', asked)).toMatchObject({ done: true });
  expect(
    (
      await plane.call(
        'POST',
        `${account.path}/deployments`,
        { name: 'long', workspaceId: account.workspace.id },
        account,
      )
    ).status,
  ).toBe(200);
});

test('what a deployment may have on ECS is told by its operations, whose revisions are not read', async () => {
  const { ids } = await beingRemoved('of many queues');
  const { operation } = plane.services.store(ids.organizationId).entities;
  const started = ['worker-big-2-17', 'worker-default-17'];
  await operation
    .patch({ ...ids, number: 17 })
    .set({ plan: planOf({ started }) })
    .go();
  let pages = 0;
  const counting = intercept(plane.services.database, async (command, pass) => {
    expect(JSON.stringify(command.input)).not.toContain('revision#');
    expect(command.input).toMatchObject({ ProjectionExpression: expect.any(String) });
    pages += 1;
    return await pass(command);
  });
  const { services, families } = await remainsOf(plane.services.through(counting), ids);
  const named = (names: readonly string[]) =>
    names.map((name) => `windsock-${ids.deploymentId}-${name}`).toSorted();
  expect(services.toSorted()).toEqual(named(['api', 'control', 'worker-default-1', ...started]));
  expect(families.toSorted()).toEqual(
    named(['api', 'control', 'worker-default', 'worker-big-2', 'database']),
  );
  expect(pages).toBe(1);
});
