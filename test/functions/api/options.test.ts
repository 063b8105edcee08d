import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DeploymentOptions } from '../../../core/deployment/options.ts';
import { type Account, setPlan, signUp } from '../../support/account.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { queue } from '../../support/queues.ts';

/** What is offered is what is taken: every extreme is, and one step beyond it is refused, by the field's name. */
let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

const Refused = z.looseObject({ fieldErrors: z.array(z.object({ field: z.string() })).default([]) });

async function asked(account: Account, request: object) {
  const whole = { name: 'asked', workspaceId: account.workspace.id, ...request };
  const path = `${account.path}/deployments?dryRun=plan`;
  const { status, body } = await plane.call('POST', path, whole, { token: account.token });
  return { request, status, fields: Refused.parse(body).fieldErrors.map(({ field }) => field) };
}
const taken = (request: object) => ({ request, status: 200, fields: [] });
const refused = (request: object, ...fields: string[]) => ({ request, status: 400, fields });

async function offered(account: Account): Promise<DeploymentOptions> {
  const path = `${account.path}/deployment-options`;
  return DeploymentOptions.parse((await plane.call('GET', path, undefined, { token: account.token })).body);
}

test.each(['TRIAL', 'TEAM'])('on the plan %s', async (plan) => {
  const account = await signUp(plane);
  await setPlan(plane, account, plan);
  const { workerQueues, workerMachines, schedulerMachines } = await offered(account);
  const { minWorkers, maxWorkers, workerConcurrency } = workerQueues;
  const withQueue = (changes: object) => ({ workerQueues: [queue(changes)] });
  const extremes = [
    { minWorkerCount: minWorkers.floor, maxWorkerCount: maxWorkers.ceiling },
    { minWorkerCount: minWorkers.ceiling, maxWorkerCount: maxWorkers.ceiling },
    { minWorkerCount: minWorkers.floor, maxWorkerCount: maxWorkers.floor },
    { minWorkerCount: minWorkers.default, maxWorkerCount: maxWorkers.default },
    ...[workerConcurrency, ...workerMachines.map(({ concurrency }) => concurrency)].flatMap(
      ({ floor, default: byDefault, ceiling }) =>
        [floor, byDefault, ceiling].map((count) => ({ workerConcurrency: count })),
    ),
    ...workerMachines.map(({ name }) => ({ astroMachine: name })),
  ];
  for (const request of extremes.map(withQueue)) {
    expect(await asked(account, request)).toEqual(taken(request));
  }
  for (const { name } of schedulerMachines) {
    expect(await asked(account, { schedulerSize: name })).toEqual(taken({ schedulerSize: name }));
  }
  const beyond = [
    ['minWorkerCount', { minWorkerCount: minWorkers.floor - 1 }],
    ['minWorkerCount', { minWorkerCount: minWorkers.ceiling + 1, maxWorkerCount: maxWorkers.ceiling }],
    ['maxWorkerCount', { maxWorkerCount: maxWorkers.floor - 1 }],
    ['maxWorkerCount', { maxWorkerCount: maxWorkers.ceiling + 1 }],
    ['workerConcurrency', { workerConcurrency: workerConcurrency.floor - 1 }],
    ['workerConcurrency', { workerConcurrency: workerConcurrency.ceiling + 1 }],
  ] as const;
  for (const [field, changes] of beyond) {
    const request = withQueue(changes);
    expect(await asked(account, request)).toEqual(refused(request, `workerQueues[0].${field}`));
  }
});

test('of CPU and memory', async () => {
  const account = await signUp(plane);
  const { defaultPodSize, resourceQuota } = (await offered(account)).resourceQuotas;
  const ranges = [
    ['defaultTaskPodCpu', 'defaultTaskPodMemory', defaultPodSize],
    ['resourceQuotaCpu', 'resourceQuotaMemory', resourceQuota],
  ] as const;
  for (const [cpu, memory, range] of ranges) {
    const pair = (cores: number) => ({ [cpu]: String(cores), [memory]: `${2 * cores}Gi` });
    for (const extreme of ['floor', 'default', 'ceiling'] as const) {
      const request = { [cpu]: range.cpu[extreme], [memory]: range.memory[extreme] };
      expect(request).toEqual(pair(Number(range.cpu[extreme])));
      expect(await asked(account, request)).toEqual(taken(request));
    }
    for (const cores of [Number(range.cpu.floor) / 2, Number(range.cpu.ceiling) + 0.25]) {
      expect(await asked(account, pair(cores))).toEqual(refused(pair(cores), cpu, memory));
    }
  }
});

test('a deployment that says nothing is of what is offered by default', async () => {
  const account = await signUp(plane);
  const { resourceQuotas, workerQueues } = await offered(account);
  const request = { name: 'default', workspaceId: account.workspace.id };
  const path = `${account.path}/deployments`;
  const { defaultPodSize, resourceQuota } = resourceQuotas;
  expect(await plane.call('POST', path, request, { token: account.token })).toMatchObject({
    status: 200,
    body: {
      defaultTaskPodCpu: defaultPodSize.cpu.default,
      defaultTaskPodMemory: defaultPodSize.memory.default,
      resourceQuotaCpu: resourceQuota.cpu.default,
      resourceQuotaMemory: resourceQuota.memory.default,
      workerQueues: [
        {
          minWorkerCount: workerQueues.minWorkers.default,
          maxWorkerCount: workerQueues.maxWorkers.default,
          workerConcurrency: workerQueues.workerConcurrency.default,
        },
      ],
    },
  });
});
