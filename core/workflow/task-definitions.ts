import { createHash } from 'node:crypto';
import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import type { Services } from '../services.ts';

/** The tag that tells whether a task definition is already what is asked for. */
const DIGEST_TAG = 'windsock:digest';

/** What an operation puts back was registered before the one or the few attempts that failed. */
const MOST_LOOKED_AT = 5;

/** ECS deletes at most so many task definitions in one call. */
const MOST_DELETED = 10;

/**
 * The ARN of a task definition like this: one of the family's latest when it is the same, so that putting back what
 * ran before restarts nothing that still runs it; else a new one.
 */
export async function ensureTaskDefinition(
  services: Services,
  definition: RegisterTaskDefinitionCommandInput,
): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(definition)).digest('hex');
  const found = await findByDigest(services, definition.family ?? '', digest);
  if (found !== undefined) return found;
  const { taskDefinition } = await services.ecs.send(
    new RegisterTaskDefinitionCommand({ ...definition, tags: [{ key: DIGEST_TAG, value: digest }] }),
  );
  if (taskDefinition?.taskDefinitionArn === undefined) throw new Error('ECS gave no task definition ARN');
  return taskDefinition.taskDefinitionArn;
}

/** Deregisters and deletes every task definition of a family. Safe to repeat. */
export async function deleteTaskDefinitions(services: Services, family: string): Promise<void> {
  const active = await list(services, family, 'ACTIVE');
  for (const taskDefinition of active) {
    await services.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
  }
  const inactive = await list(services, family, 'INACTIVE');
  for (let start = 0; start < inactive.length; start += MOST_DELETED) {
    const taskDefinitions = inactive.slice(start, start + MOST_DELETED);
    await services.ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions }));
  }
}

async function findByDigest(services: Services, familyPrefix: string, digest: string) {
  const { taskDefinitionArns = [] } = await services.ecs.send(
    new ListTaskDefinitionsCommand({
      familyPrefix,
      status: 'ACTIVE',
      sort: 'DESC',
      maxResults: MOST_LOOKED_AT,
    }),
  );
  for (const taskDefinition of taskDefinitionArns) {
    const { tags = [] } = await services.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }),
    );
    if (tags.some(({ key, value }) => key === DIGEST_TAG && value === digest)) return taskDefinition;
  }
  return undefined;
}

async function list(
  services: Services,
  familyPrefix: string,
  status: 'ACTIVE' | 'INACTIVE',
): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await services.ecs.send(
      new ListTaskDefinitionsCommand({
        familyPrefix,
        status,
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    arns.push(...(page.taskDefinitionArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return arns;
}
