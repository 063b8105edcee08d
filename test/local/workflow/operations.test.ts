import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { documentClient } from '../../../core/store/client.ts';
import { parseEntities, tenantStore } from '../../../core/store/store.ts';
import { names } from '../../../local/names.ts';
import { filesWith } from '../../support/files.ts';
import { writeHistory } from '../../support/history.ts';
import { PATIENCE } from '../../support/patience.ts';
import { until } from '../../support/platform.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

const MARKER = 'planted-marker';
const Delivered = z.object({ id: z.string(), dagTarballVersion: z.string() });

describe.each([{ twice: false }, { twice: true }])('with each step run twice: $twice', ({ twice }) => {
  let cloud: Rehearsal;
  let rehearsed: Rehearsed;
  beforeAll(async () => {
    cloud = await startRehearsal({ twice });
    rehearsed = await rehearsedTenant(cloud);
  });
  afterAll(() => cloud.stop());

  /** Every file of the data folder that holds the text, but for the secret store. */
  function filesThatTell(text: string): string[] {
    return filesWith(cloud.folder, text).filter((path) => !basename(path).startsWith('secrets.db'));
  }

  test('a deployment is created, gets its DAGs, and is deleted with everything that belongs to it', async () => {
    const id = await rehearsed.create('whole', { TOKEN: MARKER });
    expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY' });
    const [created] = await rehearsed.operations(id);
    expect(created).toMatchObject({ number: 1, kind: 'create', status: 'SUCCEEDED' });
    expect(created?.steps.map(({ name }) => name)).toEqual([
      'Prepare',
      'AwaitDatabase',
      'Roll',
      'AwaitStable',
      'Publish',
      'Finish',
    ]);
    expect(cloud.databases()).toContain(`create airflow_${id}`);
    expect(cloud.secrets().filter((name) => name.includes(id))).toHaveLength(2);

    const finalized = await rehearsed.deliver(id);
    expect(finalized.status).toBe(200);
    const { id: deployId, dagTarballVersion } = Delivered.parse(finalized.body);
    expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY', dagTarballVersion });
    const [deployed] = await rehearsed.operations(id);
    expect(deployed?.steps.map(({ name }) => name)).toEqual(['Publish', 'Finish']);
    expect(
      (await rehearsed.tenant.client.get(`${rehearsed.path}/${id}/deploys/${deployId}`)).body,
    ).toMatchObject({
      status: 'DEPLOYED',
    });

    const timeline = await rehearsed.tenant.client.get(`${rehearsed.alpha(id)}/timeline`);
    expect(timeline.body).toMatchObject({
      totalCount: 2,
      timeline: [
        { kind: 'deploy', after: { bundle: {} }, status: 'SUCCEEDED', operation: { number: 2 } },
        { kind: 'create', askedBy: { subjectType: 'USER' }, operation: { number: 1, kind: 'create' } },
      ],
    });

    const logs = await rehearsed.tenant.client.get(
      `${rehearsed.path}/${id}/logs?sources=scheduler&sources=worker`,
    );
    expect(logs.body).toMatchObject({
      results: expect.arrayContaining([
        expect.objectContaining({ raw: 'scheduler runs', source: 'scheduler' }),
        expect.objectContaining({ raw: 'worker runs', source: 'worker' }),
      ]),
    });
    expect(filesThatTell(MARKER)).toEqual([]);

    await rehearsed.tenant.client.post(`${rehearsed.path}/${id}`, { name: 'renamed' });
    const { organizationId } = rehearsed.tenant;
    const store = tenantStore(parseEntities(names.table), documentClient(), organizationId);
    await writeHistory(store, { organizationId, deploymentId: id }, 300);
    expect((await partitionOf(id))?.length).toBeGreaterThan(1_000);
    await rehearsed.remove(id);
    expect(await partitionOf(id)).toEqual([]);
    expect(cloud.databases().at(-1)).toBe(`drop airflow_${id}`);
    expect(cloud.secrets().filter((name) => name.includes(id))).toEqual([]);
    expect(readdirSync(join(cloud.folder, 'logs')).filter((name) => name.includes(id))).toEqual([]);
    const kept = JSON.stringify((await rehearsed.tenant.client.get(rehearsed.path)).body);
    expect(kept).not.toContain(id);
  });

  /** The items of a deployment beside its own. */
  async function partitionOf(deploymentId: string) {
    const { Items } = await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
      new QueryCommand({
        TableName: names.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: {
          ':pk': `org#${rehearsed.tenant.organizationId}#deployment#${deploymentId}`,
        },
      }),
    );
    return Items;
  }

  test('a component that dies at its start leaves the deployment UNHEALTHY, with what its log says', async () => {
    const id = await rehearsed.create('dies', { FAIL: 'scheduler', TOKEN: MARKER });
    const { status, statusReason } = await rehearsed.settled(id);
    expect(status).toBe('UNHEALTHY');
    expect(statusReason).toMatch(
      /^scheduler ended with exit code 3.*AirflowConfigException: not with \*\*\* and/,
    );
    expect(statusReason).not.toContain(MARKER);
    const [created] = await rehearsed.operations(id);
    expect(created).toMatchObject({ status: 'FAILED', reason: statusReason });
    expect(created?.steps.at(-2)?.name).toBe('PutBack');
    await rehearsed.remove(id);
  });

  test('a database that does not answer is told as the reason, and the next change tries again', async () => {
    cloud.setDatabaseUp(false);
    const id = await rehearsed.create('no-database');
    const { status, statusReason } = await rehearsed.settled(id);
    expect(status).toBe('UNHEALTHY');
    expect(statusReason).toContain('the server does not answer');
    cloud.setDatabaseUp(true);
    expect(await rehearsed.deliver(id)).toMatchObject({ status: 200 });
    expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY' });
    await rehearsed.remove(id);
  });

  test('a database task that is stopped from outside is run again, and the create goes on', async () => {
    cloud.setDatabaseTaskHanging(true);
    const id = await rehearsed.create('interrupted');
    await until(() => cloud.stopDatabaseTask(id), {
      seconds: 30,
      what: () => 'the task that makes the database',
    });
    cloud.setDatabaseTaskHanging(false);
    expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY' });
    expect(await rehearsed.operations(id)).toMatchObject([{ number: 1, status: 'SUCCEEDED', attempt: 1 }]);
    await rehearsed.remove(id);
  });

  test('a delete ends what is being done, whenever it comes', async () => {
    const id = await rehearsed.create('changed-my-mind', { SICK: 'api-server' });
    await until(async () => (await rehearsed.operations(id))[0]?.steps.at(-1)?.name === 'AwaitStable', {
      seconds: 30,
      what: () => 'the services to be awaited',
    });
    await rehearsed.remove(id);
    expect(cloud.databases().at(-1)).toBe(`drop airflow_${id}`);
    const again = await rehearsed.create('changed-my-mind');
    await rehearsed.remove(again);
  });

  test(
    'an execution that ends before its operation is followed by another attempt, and the first may write nothing',
    async () => {
      const id = await rehearsed.create('stalled', { SICK: 'api-server' });
      const isAwaited = async () => (await rehearsed.operations(id))[0]?.steps.at(-1)?.name === 'AwaitStable';
      await until(isAwaited, { seconds: 30, what: () => 'the services to be awaited' });
      await cloud.stopExecutions();
      await cloud.advanceClock(61);
      await cloud.advanceClock(20);
      await until(async () => (await rehearsed.operations(id))[0]?.attempt === 2 && (await isAwaited()), {
        seconds: 30,
        what: () => 'the second attempt to await the services',
      });
      const { organizationId } = rehearsed.tenant;
      const state = {
        organizationId,
        deploymentId: id,
        operation: 1,
        attempt: 1,
        rolls: true,
        putBack: false,
      };
      const before = await rehearsed.operations(id);
      expect(
        await cloud.invoke('step', { step: 'Finish', now: new Date().toISOString(), state }),
      ).toMatchObject({
        status: 'failed',
        errorType: 'Superseded',
      });
      expect(await rehearsed.operations(id)).toEqual(before);
      await until(
        async () => {
          await cloud.advanceClock(100);
          return (await rehearsed.get(id)).status === 'UNHEALTHY';
        },
        {
          seconds: 90,
          what: () => 'patience to end, of which a skipped hour takes no more than a part',
          every: 4_000,
        },
      );
      const { statusReason } = await rehearsed.get(id);
      expect(statusReason).toMatch(/^Not healthy after 300 seconds. api-server runs and is not/);
      await rehearsed.remove(id);
    },
    150_000 * PATIENCE,
  );
});
