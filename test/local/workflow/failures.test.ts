import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PATIENCE } from '../../support/patience.ts';
import { until } from '../../support/platform.ts';
import { queue } from '../../support/queues.ts';
import { type Rehearsal, startRehearsal } from '../../support/rehearsal.ts';
import { type Rehearsed, rehearsedTenant } from '../../support/rehearsed.ts';

const MARKER = 'planted-marker';
const BIG = { ...queue(), name: 'big', isDefault: false };
const variables = (values: Record<string, string>) => ({
  environmentVariables: Object.entries(values).map(([key, value]) => ({ key, value, isSecret: true })),
});

describe('with each step run twice', () => {
  let cloud: Rehearsal;
  let rehearsed: Rehearsed;
  beforeAll(async () => {
    cloud = await startRehearsal({ twice: true });
    rehearsed = await rehearsedTenant(cloud);
  });
  afterAll(() => cloud.stop());

  /** Asks for a change, which has to be taken. */
  async function ask(id: string, request: object): Promise<void> {
    const { status, body } = await rehearsed.update(id, request);
    expect(status, JSON.stringify(body)).toBe(200);
  }

  /** Lets waits end whose time is the platform's. */
  async function waitedOut(id: string): Promise<void> {
    const ended = async () => {
      if (await rehearsed.isAtRest(id)) return true;
      await cloud.advanceClock(100);
      return false;
    };
    await until(ended, { seconds: 150, what: () => `the waits for ${id} to end`, every: 4_500 });
  }

  test(
    'of two failures in a row each is told by its own cause, and the secrets of the first are in neither',
    async () => {
      const id = await rehearsed.create('twice', { KEPT: 'kept' });
      await rehearsed.settled(id);
      const kept = { key: 'KEPT', isSecret: true };
      const { environmentVariables: failing } = variables({ TOKEN: MARKER, FAIL: 'scheduler' });
      await ask(id, { environmentVariables: [kept, ...failing] });
      const { statusReason } = await rehearsed.settled(id);
      expect(statusReason).toMatch(/^scheduler ended with exit code 3\. Its log says: .*\*\*\*/);
      await ask(id, { schedulerSize: 'EXTRA_LARGE' });
      await waitedOut(id);
      const [second] = await rehearsed.operations(id);
      expect(second).toMatchObject({
        status: 'FAILED',
        reason: expect.stringMatching(/no room for them: .*control.* insufficient memory/),
      });
      expect(second?.reason).not.toContain('exit code');
      expect(await rehearsed.get(id)).toMatchObject({ status: 'HEALTHY', statusReason: second?.reason });
      expect(JSON.stringify([await rehearsed.operations(id), await rehearsed.get(id)])).not.toContain(MARKER);
      await rehearsed.remove(id);
    },
    180_000 * PATIENCE,
  );

  test(
    'what is not healthy holds up no change that leaves it alone, and none that waits behind one that fails',
    async () => {
      const id = await rehearsed.create('starving');
      await rehearsed.settled(id);
      const healthy = (await cloud.tasks(id)).control;
      cloud.setSmallStarving(true);
      onTestFinished(() => cloud.setSmallStarving(false));
      await until(async () => !(await cloud.tasks(id)).control?.some((task) => healthy?.includes(task)), {
        seconds: 30,
        what: () => 'the scheduler to end',
      });

      await ask(id, { workerQueues: [queue(), BIG] });
      expect(await rehearsed.settled(id)).toMatchObject({ status: 'HEALTHY' });
      expect(await rehearsed.operations(id)).toMatchObject([{ status: 'SUCCEEDED' }, {}]);

      await ask(id, variables({ FAIL: 'api-server', TOKEN: MARKER }));
      await waitedOut(id);
      const both = expect.stringMatching(
        /(scheduler|api-server) ended with exit code [35].* What ran before is not healthy either: scheduler ended with exit code 5\. Its log says: MemoryError: the scheduler is too small$/,
      );
      const [failed] = await rehearsed.operations(id);
      expect(failed).toMatchObject({ status: 'FAILED', attempt: 1, reason: both });
      const put = await rehearsed.get(id);
      expect(put).toMatchObject({ status: 'UNHEALTHY', statusReason: failed?.reason, runningRevision: 2 });
      expect(put.environmentVariables).toEqual([]);
      expect(JSON.stringify([failed, put])).not.toContain(MARKER);
      const pointer = await cloud.pointer(rehearsed.tenant.organizationId, id);
      expect(pointer.workers.queues).toEqual({ default: 1, big: 2 });

      await ask(id, { description: 'still down' });
      expect((await rehearsed.deliver(id)).status).toBe(200);
      expect(await rehearsed.settled(id)).toMatchObject({
        status: 'UNHEALTHY',
        statusReason: failed?.reason,
      });

      await ask(id, variables({ FAIL: 'api-server' }));
      await until(async () => (await rehearsed.operations(id))[0]?.steps.at(-1)?.name === 'PutBack', {
        seconds: 60,
        what: () => 'the change to fail',
      });
      await ask(id, { schedulerSize: 'MEDIUM' });
      await waitedOut(id);
      expect(await rehearsed.operations(id)).toMatchObject([
        { status: 'SUCCEEDED' },
        { status: 'FAILED', attempt: 1, reason: both },
        {},
        {},
        {},
        {},
      ]);
      const healed = await rehearsed.get(id);
      expect(healed).toMatchObject({ status: 'HEALTHY', schedulerSize: 'MEDIUM', environmentVariables: [] });
      expect(healed.statusReason).toBeUndefined();
      await rehearsed.remove(id);
    },
    300_000 * PATIENCE,
  );

  test(
    'what ran before is started again however long it could not, with nothing asked for',
    async () => {
      const id = await rehearsed.create('down');
      await rehearsed.settled(id);
      cloud.setSmallStarving(true);
      onTestFinished(() => cloud.setSmallStarving(false));
      await ask(id, variables({ FAIL: 'scheduler' }));
      await waitedOut(id);
      expect(await rehearsed.get(id)).toMatchObject({ status: 'UNHEALTHY' });
      cloud.setSmallStarving(false);
      let seen: readonly string[] = [];
      const stays = async () => {
        const { control = [] } = await cloud.tasks(id);
        const stayed = control.some((task) => seen.includes(task));
        seen = control;
        return stayed;
      };
      await until(stays, { seconds: 90, what: () => 'a scheduler to stay', every: 2_000 });
      const recovered = async () => {
        await cloud.advanceClock(61);
        return (await rehearsed.get(id)).status === 'HEALTHY';
      };
      await until(recovered, { seconds: 60, what: () => 'it to be HEALTHY again', every: 2_000 });
      expect((await rehearsed.get(id)).statusReason).toBeUndefined();
      await rehearsed.remove(id);
    },
    240_000 * PATIENCE,
  );

  test('a create whose image cannot start is deleted all the same', async () => {
    cloud.breakImage('3.3-1');
    const id = await rehearsed.create('broken', {}, { astroRuntimeVersion: '3.3-1' });
    expect(await rehearsed.settled(id)).toMatchObject({
      status: 'UNHEALTHY',
      statusReason: expect.stringContaining("No module named 'airflow'"),
    });
    expect((await rehearsed.tenant.client.delete(`${rehearsed.path}/${id}`)).status).toBe(204);
    await until(
      async () => {
        const { status } = await rehearsed.tenant.client.get(`${rehearsed.path}/${id}`);
        if (status === 404) return true;
        await cloud.advanceClock(61);
        return false;
      },
      { seconds: 50, what: () => `${id} to be gone`, every: 500 },
    );
    expect(cloud.databases().at(-1)).toBe(`drop airflow_${id}`);
  });

  test('a change to an image that cannot start is deleted with the image that ran', async () => {
    cloud.breakImage('3.3-1');
    const id = await rehearsed.create('left');
    await rehearsed.settled(id);
    await ask(id, { astroRuntimeVersion: '3.3-1' });
    await rehearsed.remove(id);
    expect(cloud.databases().at(-1)).toBe(`drop airflow_${id}`);
  });
});
