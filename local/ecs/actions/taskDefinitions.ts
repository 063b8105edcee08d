import { z } from 'zod';
import { ServiceError } from '../../endpoint/service.ts';
import { atomically } from '../../endpoint/state.ts';
import { containerDefinition, type TaskDefinition, taskDefinition } from '../documents.ts';
import { viewTaskDefinition } from '../view.ts';
import { isFargateSize } from './fargate.ts';
import { demandTaskDefinition, page, paging, parse, taskDefinitionArn } from './input.ts';
import type { ActionsOptions } from './options.ts';

const registration = z
  .looseObject({
    family: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, 'must be 1 to 255 letters, digits, _ or -'),
    containerDefinitions: z.array(containerDefinition).min(1).max(10),
    taskRoleArn: z.string().optional(),
    cpu: z.string().regex(/^\d+$/, 'must be CPU units, as text').optional(),
    memory: z.string().regex(/^\d+$/, 'must be MiB, as text').optional(),
    requiresCompatibilities: z.array(z.string()).default([]),
  })
  .superRefine(({ containerDefinitions: containers, requiresCompatibilities, cpu, memory }, context) => {
    const complain = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const names = containers.map(({ name }) => name);
    if (new Set(names).size < names.length) complain('containerDefinitions', 'names must differ');
    if (!containers.some(({ essential }) => essential))
      complain('containerDefinitions', 'one must be essential');
    for (const { containerName } of containers.flatMap(({ dependsOn }) => dependsOn)) {
      if (!names.includes(containerName))
        complain('containerDefinitions', `dependsOn names no ${containerName}`);
    }
    if (hasCycle(new Map(containers.map((c) => [c.name, c.dependsOn.map((on) => on.containerName)])))) {
      complain('containerDefinitions', 'dependsOn goes in a circle');
    }
    if (requiresCompatibilities.includes('FARGATE') && !isFargateSize(Number(cpu), Number(memory))) {
      complain('cpu', `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
    }
    const reserved = containers.reduce((sum, container) => sum + (container.memory ?? 0), 0);
    if (memory !== undefined && reserved > Number(memory)) {
      complain('memory', `must not be below the ${reserved} MiB of its containers`);
    }
  });

const reference = z.object({ taskDefinition: z.string() });
const references = z.object({ taskDefinitions: z.array(z.string()).min(1).max(10) });
const listing = z.object({
  familyPrefix: z.string().optional(),
  status: taskDefinition.shape.status.default('ACTIVE'),
  sort: z.enum(['ASC', 'DESC']).default('ASC'),
  ...paging,
});

/** The actions on task definitions, which are immutable: a family's revisions. */
export function taskDefinitionActions({ store, now, wake }: ActionsOptions) {
  return {
    RegisterTaskDefinition(input: unknown) {
      const given = parse(registration, input);
      const definition = atomically(store.database, (): TaskDefinition => {
        const revision = store.nextRevision(given.family);
        const registered: TaskDefinition = {
          ...given,
          revision,
          taskDefinitionArn: taskDefinitionArn(`${given.family}:${revision}`),
          status: 'ACTIVE',
          registeredAt: now(),
        };
        store.putTaskDefinition(registered);
        return registered;
      });
      return { taskDefinition: viewTaskDefinition(definition), tags: given.tags };
    },
    DescribeTaskDefinition(input: unknown) {
      const definition = demandTaskDefinition(store, parse(reference, input).taskDefinition);
      return { taskDefinition: viewTaskDefinition(definition), tags: definition.tags };
    },
    DeregisterTaskDefinition(input: unknown) {
      const { taskDefinition: named } = parse(reference, input);
      if (!/:\d+$/.test(named))
        throw new ServiceError('InvalidParameterException', 'taskDefinition: names no revision');
      const found = demandTaskDefinition(store, named);
      const definition: TaskDefinition =
        found.status === 'ACTIVE' ? { ...found, status: 'INACTIVE', deregisteredAt: now() } : found;
      store.putTaskDefinition(definition);
      return { taskDefinition: viewTaskDefinition(definition) };
    },
    DeleteTaskDefinitions(input: unknown) {
      const { taskDefinitions } = parse(references, input);
      const found = taskDefinitions.map((named) => demandTaskDefinition(store, named));
      const deleted = found
        .filter(({ status }) => status !== 'ACTIVE')
        .map((definition): TaskDefinition => ({ ...definition, status: 'DELETE_IN_PROGRESS' }));
      atomically(store.database, () =>
        deleted.forEach((definition) => void store.putTaskDefinition(definition)),
      );
      wake();
      return {
        taskDefinitions: deleted.map(viewTaskDefinition),
        failures: found
          .filter(({ status }) => status === 'ACTIVE')
          .map((definition) => ({
            arn: definition.taskDefinitionArn,
            reason:
              'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
          })),
      };
    },
    ListTaskDefinitions(input: unknown) {
      const { familyPrefix, status, sort, ...paged } = parse(listing, input);
      const arns = store
        .taskDefinitions(status)
        .filter(({ family }) => familyPrefix === undefined || family === familyPrefix)
        .map((definition) => definition.taskDefinitionArn);
      const { items, nextToken } = page(sort === 'ASC' ? arns : arns.reverse(), paged);
      return { taskDefinitionArns: items, nextToken };
    },
  };
}

function hasCycle(dependencies: ReadonlyMap<string, readonly string[]>): boolean {
  const reaches = (from: string, to: string, seen: ReadonlySet<string>): boolean =>
    (dependencies.get(from) ?? []).some(
      (next) => next === to || (!seen.has(next) && reaches(next, to, new Set([...seen, next]))),
    );
  return [...dependencies.keys()].some((name) => reaches(name, name, new Set([name])));
}
