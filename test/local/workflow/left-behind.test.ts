import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../support/platform.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

const DEFAULT = queue();
const BIG = queue({ name: 'big', isDefault: false });
const BREAKING = [{ key: 'FAIL', value: 'scheduler', isSecret: false }];

let cloud: Rehearsal;
let rehearsed: Rehearsed;
let id: string;
beforeAll(async () => {
  cloud = await startRehearsal();
  rehearsed = await rehearsedTenant(cloud);
  id = await rehearsed.create('left-behind');
  await rehearsed.settled(id);
  expect((await rehearsed.update(id, { workerQueues: [DEFAULT, BIG] })).status).toBe(200);
  await rehearsed.settled(id);
});
afterAll(() => cloud.stop());

/** Asks for a change that fails, and for another while it is made; answers the operation of the second. */
async function behind(failing: object, waiting: object) {
  const { length } = await rehearsed.operations(id);
  expect((await rehearsed.update(id, { ...failing, environmentVariables: BREAKING })).status).toBe(200);
  await until(async () => (await rehearsed.operations(id)).length > length, {
    seconds: 20,
    what: () => 'the change that fails to begin',
  });
  const kept = { environmentVariables: [] };
  expect((await rehearsed.update(id, { ...waiting, ...kept })).status).toBe(200);
  await rehearsed.settled(id);
  const [second, first] = await rehearsed.operations(id);
  expect(first?.status).toBe('FAILED');
  return second;
}

test('a queue that is asked for while its removal fails is as it was asked for, with all that came with it', async () => {
  const wanted = { workerQueues: [DEFAULT, { ...BIG, astroMachine: 'A10' }], schedulerSize: 'MEDIUM' };
  const operation = await behind({ workerQueues: [DEFAULT] }, wanted);
  expect(operation).toMatchObject({ status: 'SUCCEEDED' });
  expect(operation?.reason).toBeUndefined();
  const deployment = await rehearsed.get(id);
  expect(deployment).toMatchObject({ schedulerSize: 'MEDIUM', status: 'HEALTHY' });
  expect(deployment.workerQueues).toMatchObject(wanted.workerQueues);
  expect(deployment.statusReason).toBeUndefined();
});

test('what does not go together with what is put back is told, and the rest is made', async () => {
  const most = { ...BIG, astroMachine: 'A10', maxWorkerCount: 9 };
  const operation = await behind(
    { workerQueues: [DEFAULT, most] },
    { workerQueues: [DEFAULT, { ...most, minWorkerCount: 7 }], schedulerSize: 'SMALL' },
  );
  const reason = expect.stringMatching(/queue big: .*minWorkerCount must not be above maxWorkerCount/);
  expect(operation).toMatchObject({ status: 'SUCCEEDED', reason });
  expect(await rehearsed.get(id)).toMatchObject({
    schedulerSize: 'SMALL',
    status: 'HEALTHY',
    statusReason: reason,
    workerQueues: [DEFAULT, { ...BIG, astroMachine: 'A10' }],
  });
  await rehearsed.update(id, { schedulerSize: 'MEDIUM' });
  expect(await rehearsed.settled(id)).not.toHaveProperty('statusReason');
});
