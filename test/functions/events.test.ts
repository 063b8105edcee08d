import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { eventsOf } from '../../core/event/events.ts';
import { newId } from '../../core/id.ts';
import { createAdvancer } from '../../functions/event/advance.ts';
import { createPublisher } from '../../functions/stream/publish.ts';
import { signUp } from '../support/account.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { PATIENCE } from '../support/patience.ts';

const at = new Date('2026-01-01T00:00:10Z');
const signup = (dueAt: string | undefined, version = 1) => ({
  __edb_e__: 'signup',
  signupId: `c${'s'.repeat(24)}`,
  version,
  ...(dueAt === undefined ? {} : { dueAt }),
});

describe('the events of a change', () => {
  const due = '2026-01-01T00:00:10.250Z';
  const event = {
    detailType: 'SignupDue',
    detail: { kind: 'signup', signupId: `c${'s'.repeat(24)}`, dueAt: due },
  };

  test('say that the item became due, also when its clock is a little ahead', () => {
    expect(eventsOf(undefined, signup(due), at)).toEqual([event]);
    expect(eventsOf(signup(undefined), signup(due, 2), at)).toEqual([event]);
  });

  test('are none for an item at rest, deleted, due later, or unchanged', () => {
    expect(eventsOf(undefined, signup(undefined), at)).toEqual([]);
    expect(eventsOf(signup(due), undefined, at)).toEqual([]);
    expect(eventsOf(undefined, signup('2026-01-01T00:00:13.000Z'), at)).toEqual([]);
    expect(eventsOf(signup(due), signup(due), at)).toEqual([]);
  });
});

describe('the functions behind the table', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  });
  afterAll(() => plane.stop());

  const start = async (email: string) => {
    const { body } = await plane.call('POST', '/v1alpha1/signups', {
      email,
      password: 'correct horse',
      fullName: 'Ada Gale',
      organizationName: 'Gale',
    });
    return z.object({ id: z.string() }).parse(body).id;
  };

  test('an event that comes twice, late, or of nothing changes nothing', async () => {
    const signupId = await start('twice@example.com');
    const advance = createAdvancer(plane.services);
    const event = (id: string, time = plane.now()) => ({
      version: '0',
      id: newId(),
      'detail-type': 'SignupDue',
      source: 'windsock',
      account: '000000000000',
      region: 'us-east-1',
      time: time.toISOString(),
      resources: [],
      detail: { kind: 'signup', signupId: id, dueAt: time.toISOString() },
    });
    await advance(event(signupId));
    await advance(event(signupId));
    await advance(event(newId()));
    await advance(event(signupId, new Date(plane.now().getTime() - 60_000)));
    expect(plane.mailbox.messages('twice@example.com')).toHaveLength(1);
  });

  test('a record that cannot be read is left out, for it would come again for ever', async () => {
    const record = (sequence: string, image: Record<string, unknown>): DynamoDBRecord => ({
      eventID: sequence,
      eventName: 'INSERT',
      dynamodb: {
        SequenceNumber: sequence,
        ApproximateCreationDateTime: at.getTime() / 1000,
        NewImage: z.record(z.string(), z.any()).parse(marshall(image)),
      },
    });
    const event: DynamoDBStreamEvent = {
      Records: [
        record('1', signup('2026-01-01T00:00:10.000Z')),
        record('2', { __edb_e__: 'nonsense', dueAt: '2026-01-01T00:00:10.000Z' }),
        record('3', signup('2026-01-01T00:00:10.000Z')),
      ],
    };
    expect(await createPublisher(plane.services)(event)).toEqual({ batchItemFailures: [] });
  });

  test('the clock goes on past an item that fails', async () => {
    const { database, environment } = plane.services;
    const { PutCommand, DeleteCommand } = await import('@aws-sdk/lib-dynamodb');
    const poison = ['0', '1', '2', '3'].map((shard) => ({
      pk: `poison#${shard}`,
      sk: 'poison',
      duePk: `due#${shard}`,
      dueSk: `2020-01-01T00:00:00.000Z#${shard}`,
      __edb_e__: 'poison',
    }));
    for (const Item of poison)
      await database.send(new PutCommand({ TableName: environment.TABLE_NAME, Item }));
    await start('past-poison@example.com');
    await plane.tick();
    expect(plane.mailbox.messages('past-poison@example.com')).toHaveLength(1);
    for (const { pk, sk } of poison) {
      await database.send(new DeleteCommand({ TableName: environment.TABLE_NAME, Key: { pk, sk } }));
    }
  });

  test('with events a mail arrives, and a trial is provisioned, without the clock', async () => {
    plane.startEvents();
    await start('hastened@example.com');
    await vi.waitFor(
      () => expect(plane.mailbox.messages('hastened@example.com')).toHaveLength(1),
      20_000 * PATIENCE,
    );
    const { organization } = await signUp(plane);
    const deployments = () =>
      plane.services
        .store(organization.id)
        .entities.deployment.query.primary({ organizationId: organization.id })
        .go();
    await vi.waitFor(async () => expect((await deployments()).data).toHaveLength(1), 20_000 * PATIENCE);
  });

  test('a record that cannot be read delays none after it', async () => {
    const { database, environment } = plane.services;
    const { PutCommand } = await import('@aws-sdk/lib-dynamodb');
    const Item = { pk: 'poison', sk: 'poison', __edb_e__: 'poison', dueAt: '2020-01-01T00:00:00.000Z' };
    await database.send(new PutCommand({ TableName: environment.TABLE_NAME, Item }));
    await start('behind-poison@example.com');
    const mails = () => plane.mailbox.messages('behind-poison@example.com');
    await vi.waitFor(() => expect(mails()).toHaveLength(1), 20_000 * PATIENCE);
  });
});
