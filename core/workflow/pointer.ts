import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { storagePrefix } from '../component/names.ts';
import { workerName } from '../component/service.ts';
import type { DeploymentIds } from '../deployment/entity.ts';
import type { Revision } from '../revision/schema.ts';
import type { Services } from '../services.ts';
import { Stale } from '../store/transact.ts';
import type { Step } from './step.ts';

/** What runs and waits in a removed queue has a day to end, a daily DAG's run for instance; then its workers go. */
const EMPTYING_SECONDS = 86_400;

/** The document that a deployment's components follow. */
export const Pointer = z.object({
  bundle: z.string().nullable(),
  workers: z.object({
    /** The newest that was published: workers of a later one are not, and work on. */
    revision: z.number().int(),
    /** The generation that works on each queue; any other up to the revision drains. */
    queues: z.record(z.string(), z.number().int()),
    /**
     * The generation that worked on each queue that was removed: it empties the queue first, until that time, in
     * seconds since 1970. Pointers of earlier platforms have none.
     */
    emptying: z
      .record(z.string(), z.object({ generation: z.number().int(), until: z.number().int() }))
      .default({}),
    /** Tasks by their ids that are to go: none any more, but workers of earlier runtimes read it. */
    retire: z.array(z.string()).default([]),
  }),
  /** The operation that wrote it: an older one writes nothing any more. */
  operation: z.number().int(),
});
export type Pointer = z.infer<typeof Pointer>;

/**
 * Has the pointer say what the revision does, that of all workers up to the generation `newest` only its own stay, and
 * that those of queues which it named before, and does not any more, empty them. A conditional write: of two writers
 * one is `Stale`, and what a later operation wrote stays.
 */
export async function writePointer(
  { scope, services, operation }: Step,
  { spec, generations }: Revision,
  newest: number,
): Promise<void> {
  const { number } = operation;
  const location = locationOf(services, operation);
  const present = await read(services, location);
  const wanted: Pointer = {
    bundle: spec.bundle?.digest ?? null,
    workers: {
      revision: newest,
      queues: { ...generations },
      emptying: emptying(present?.pointer.workers, generations, scope.now),
      retire: [],
    },
    operation: number,
  };
  if (present !== undefined && present.pointer.operation > number) return;
  if (present?.content === JSON.stringify(wanted)) return;
  try {
    await services.objects.send(
      new PutObjectCommand({
        ...location,
        Body: JSON.stringify(wanted),
        ContentType: 'application/json',
        ...(present === undefined ? { IfNoneMatch: '*' } : { IfMatch: present.etag }),
      }),
    );
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'PreconditionFailed') {
      throw new Stale('The pointer');
    }
    throw error;
  }
}

/**
 * The queues that the pointer names no more, and named before, with the generation that worked on them: that one has a
 * day to empty them. Those whose day is over are left out.
 */
export function emptying(
  before: Pick<Pointer['workers'], 'queues' | 'emptying'> | undefined,
  queues: Revision['generations'],
  now: Date,
): Pointer['workers']['emptying'] {
  const seconds = Math.floor(now.getTime() / 1000);
  const removed = Object.entries(before?.queues ?? {}).map(
    ([queue, generation]) => [queue, { generation, until: seconds + EMPTYING_SECONDS }] as const,
  );
  const left = [...Object.entries(before?.emptying ?? {}), ...removed].filter(
    ([queue, { until }]) => !Object.hasOwn(queues, queue) && until > seconds,
  );
  return Object.fromEntries(left);
}

/** The services of the workers that empty a queue which was removed, and have time left for it. */
export async function emptyingComponents(
  services: Services,
  ids: DeploymentIds,
  now: Date,
): Promise<ReadonlySet<string>> {
  const present = await read(services, locationOf(services, ids));
  const left = Object.entries(present?.pointer.workers.emptying ?? {}).filter(
    ([, { until }]) => until > now.getTime() / 1000,
  );
  return new Set(left.map(([queue, { generation }]) => workerName(queue, generation)));
}

interface Location {
  readonly Bucket: string;
  readonly Key: string;
}

function locationOf({ environment }: Services, { organizationId, deploymentId }: DeploymentIds): Location {
  return {
    Bucket: environment.CELL.bucket,
    Key: `${storagePrefix(organizationId, deploymentId)}/pointer.json`,
  };
}

async function read(services: Services, location: Location) {
  try {
    const { Body, ETag } = await services.objects.send(new GetObjectCommand(location));
    const content = (await Body?.transformToString()) ?? '';
    return { content, pointer: Pointer.parse(JSON.parse(content)), etag: ETag };
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}
