import { z } from 'zod';
import { type Access, arn } from '../../endpoint/service.ts';
import { clusterArn } from '../view.ts';
import { clusterName, lastPart, serviceArnOf, taskArnOf, taskDefinitionArn } from './input.ts';

const name = z.string().optional().catch(undefined);
const names = z.array(z.string()).optional().catch(undefined);

/** The fields by which requests name what they touch. */
const naming = z
  .object({
    cluster: clusterName.catch('default'),
    clusters: names,
    service: name,
    serviceName: name,
    services: names,
    task: name,
    tasks: names,
    family: name,
    taskDefinition: name,
    taskDefinitions: names,
  })
  .catch({ cluster: 'default' });
type Naming = z.infer<typeof naming>;

/**
 * The resources that IAM asks about, by action; an action that is not here has none, so `*`.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
const RESOURCES: Readonly<Record<string, (input: Naming) => readonly string[]>> = {
  DescribeClusters: ({ clusters = ['default'] }) => clusters.map((cluster) => clusterArn(lastPart(cluster))),
  CreateService: ({ cluster, serviceName = '*' }) => [serviceArnOf(cluster, serviceName)],
  UpdateService: ({ cluster, service = '*' }) => [serviceArnOf(cluster, service)],
  DeleteService: ({ cluster, service = '*' }) => [serviceArnOf(cluster, service)],
  DescribeServices: ({ cluster, services = ['*'] }) => services.map((one) => serviceArnOf(cluster, one)),
  RunTask: ({ taskDefinition = '*' }) => [taskDefinitionArn(lastPart(taskDefinition))],
  StopTask: ({ cluster, task = '*' }) => [taskArnOf(cluster, task)],
  DescribeTasks: ({ cluster, tasks = ['*'] }) => tasks.map((one) => taskArnOf(cluster, one)),
  UpdateTaskProtection: ({ cluster, tasks = ['*'] }) => tasks.map((one) => taskArnOf(cluster, one)),
  GetTaskProtection: ({ cluster, tasks = ['*'] }) => tasks.map((one) => taskArnOf(cluster, one)),
  RegisterTaskDefinition: ({ family = '*' }) => [arn('ecs', `task-definition/${family}:*`)],
  DeleteTaskDefinitions: ({ taskDefinitions = ['*'] }) =>
    taskDefinitions.map((one) => taskDefinitionArn(lastPart(one))),
};

/** The ARNs that a call touches, as IAM sees them. */
export function resources(action: string, input: unknown): readonly string[] {
  const touched = RESOURCES[action]?.(naming.parse(input)) ?? [];
  return touched.length === 0 ? ['*'] : touched;
}

const registered = z
  .object({
    taskRoleArn: name,
    executionRoleArn: name,
    tags: z.array(z.unknown()).optional().catch(undefined),
  })
  .catch({});

/**
 * A task definition is registered by who may pass on the roles in it, and may tag it.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_id-based-policy-examples.html
 */
export function also(action: string, input: unknown): readonly Access[] {
  if (action !== 'RegisterTaskDefinition') return [];
  const { taskRoleArn, executionRoleArn, tags = [] } = registered.parse(input);
  const roles = [taskRoleArn, executionRoleArn].flatMap((role) => role ?? []);
  return [
    ...roles.map((role) => ({ action: 'iam:PassRole', resources: [role] })),
    ...(tags.length === 0 ? [] : [{ action: 'ecs:TagResource', resources: resources(action, input) }]),
  ];
}
