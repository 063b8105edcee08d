import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteServiceCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schedulerSizing } from '../../../core/deployment/sizes.ts';
import { Planned } from '../../../core/operation/view.ts';
import { openHome } from '../../../local/home.ts';
import { names } from '../../../local/names.ts';
import { present } from '../../support/files.ts';
import { accountOf, type Owner, ownerOf } from '../../support/owner.ts';
import { createPlatform, type Platform, until } from '../../support/platform.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

/** A whole platform whose image is a stand-in, and whose front door has another key than when the deployment was made. */
let platform: Platform;
let owner: Owner;
let rehearsed: Rehearsed;
let id: string;
/** The front door's keys that the servers were told when they were made. */
let first: unknown;

beforeAll(async () => {
  platform = await createPlatform({ runner: 'test/support/stand-in-runner.ts' });
  await platform.start();
  owner = ownerOf(platform.home);
  rehearsed = await rehearsedTenant(platform);
  id = await rehearsed.create('kept');
  await rehearsed.settled(id);
  first = await keysOfServers();
  await platform.kill();
  rmSync(join(openHome(platform.home).keys, 'front-door.json'));
  await platform.start();
});
afterAll(async () => {
  owner?.destroy();
  await platform?.destroy();
});

const servers = async () => {
  const { control, api } = await owner.tasks(id);
  return { control, api };
};

async function keysOfServers(): Promise<unknown> {
  const { control, api } = await owner.services(id);
  return [control, api].map((service) => service?.containers[0]?.environment.WINDSOCK_FRONT_DOOR_KEYS);
}

/** Makes a change, after its plan; answers the plan. */
async function changed(request: object) {
  const { client } = rehearsed.tenant;
  const { body } = await client.post(`${rehearsed.path}/${id}?dryRun=plan`, request);
  expect((await rehearsed.update(id, request)).status).toBe(200);
  expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY' });
  return Planned.parse(body).plan;
}

test('servers that a plan does not restart go on, whatever the platform would tell them now', async () => {
  const before = await servers();
  const { components } = await changed({ workerQueues: [queue({ minWorkerCount: 2 })] });
  expect(components).toMatchObject({ restarted: [], scaled: ['worker-default-1'] });
  expect(await servers()).toEqual(before);
  expect(await keysOfServers()).toEqual(first);
});

test('they go on when the change fails, too', async () => {
  const before = await servers();
  const down = join(platform.home, 'components-down');
  present(down, true);
  await changed({ workerQueues: [queue({ minWorkerCount: 2 }), queue({ name: 'big', isDefault: false })] });
  present(down, false);
  expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'FAILED' });
  expect(await servers()).toEqual(before);
  expect(await keysOfServers()).toEqual(first);
});

test('a change that restarts them and fails leaves what ran before', async () => {
  const failing = [{ key: 'FAIL', value: 'scheduler', isSecret: false }];
  await changed({ schedulerSize: 'MEDIUM', environmentVariables: failing });
  expect((await rehearsed.operations(id))[0]).toMatchObject({ status: 'FAILED' });
  const { control } = await owner.services(id);
  const { settings } = schedulerSizing('SMALL');
  expect(control?.containers[0]?.environment.WINDSOCK_SETTINGS).toBe(JSON.stringify(settings));
});

test('a change that restarts them tells them what the platform has now', async () => {
  expect((await changed({ schedulerSize: 'MEDIUM' })).components.restarted).toEqual(['control', 'api']);
  for (const keys of (await keysOfServers()) as unknown[]) expect([first].flat()).not.toContain(keys);
});

test('a server whose service somebody deleted is there again with the next change', async () => {
  const ecs = new ECSClient(accountOf(platform.home));
  const service = `windsock-${id}-control`;
  await ecs.send(new DeleteServiceCommand({ cluster: names.cluster, service, force: true }));
  ecs.destroy();
  await until(async () => (await servers()).control === undefined, {
    seconds: 60,
    what: () => 'the service to be gone',
  });
  await changed({ workerQueues: [queue({ minWorkerCount: 1 })] });
  expect((await servers()).control).toHaveLength(1);
});
