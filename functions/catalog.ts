import { detailTypes } from '../core/event/events.ts';

/**
 * The one list of functions. `stacks/` deploys exactly this list and `local/` hosts exactly this list, each
 * function with the trigger, limits and grants that stand here and no others.
 */
export type Trigger =
  /** Every route of the API's route table, through API Gateway's HTTP API (payload format 2.0). */
  | { readonly kind: 'http' }
  /** Events of the bus whose source is `windsock` and whose detail-type is one of these. */
  | { readonly kind: 'event'; readonly detailTypes: readonly string[] }
  /** The table's stream, new and old images. */
  | { readonly kind: 'stream'; readonly batchSize: number }
  /** Tasks of the state machines, as Lambda resources. */
  | { readonly kind: 'step' }
  /** Lines of deployments' log groups, by the subscription filter that each group gets when it is made. */
  | { readonly kind: 'log' }
  /** EventBridge's schedule. */
  | { readonly kind: 'schedule'; readonly rate: 'rate(1 minute)' };

/**
 * A statement of the function's policy. Resources are ARNs in which `${region}`, `${account}`, `${table}`,
 * `${bus}`, `${bucket}`, `${cluster}` and the like are filled in by whoever deploys (see `resolveGrant`);
 * `*` matches as IAM's wildcard does.
 */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

export interface FunctionEntry {
  readonly name: string;
  /** The module, from the repository's root, whose export `handler` is the function. */
  readonly handler: string;
  readonly trigger: Trigger;
  /** MiB. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  readonly grants: readonly Grant[];
}

const TABLE = 'arn:aws:dynamodb:${region}:${account}:table/${table}';
const secret = (name: string) => `arn:aws:secretsmanager:\${region}:\${account}:secret:${name}*`;

const onTable = (...actions: readonly string[]): Grant => ({
  actions: actions.map((action) => `dynamodb:${action}`),
  resources: [TABLE],
});
const KEEP_ITEMS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'];
const READ_PLATFORM_SECRET: Grant = {
  actions: ['secretsmanager:GetSecretValue'],
  resources: [secret('${platformSecret}')],
};
/** A deployment's secrets are named `windsock/<deploymentId>/...`; ids begin with `c`. */
const onSecrets = (...actions: readonly string[]): Grant => ({
  actions: actions.map((action) => `secretsmanager:${action}`),
  resources: [secret('windsock/c')],
});
const OBJECTS = 'arn:aws:s3:::${bucket}/*';
/** Uploads, bundles and pointers of deployments. */
const READ_AND_WRITE_OBJECTS: Grant = { actions: ['s3:GetObject', 's3:PutObject'], resources: [OBJECTS] };
/** Also tells a missing object from a refused one. */
const LIST_OBJECTS: Grant = { actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::${bucket}'] };
/** What the things that are due need: sign-ups mail, deployments start and watch their operations, uploads go. */
const ADVANCE: readonly Grant[] = [
  onTable(...KEEP_ITEMS, 'Query', 'BatchWriteItem'),
  READ_PLATFORM_SECRET,
  onSecrets('DeleteSecret'),
  LIST_OBJECTS,
  { actions: ['s3:DeleteObject'], resources: ['arn:aws:s3:::${bucket}/*/uploads/*'] },
  {
    actions: ['ses:SendEmail'],
    resources: ['arn:aws:ses:${region}:${account}:identity/${mailFrom}'],
  },
  /** Services of workers that go, the tasks of those that empty a queue, and the pointer, which has them do so. */
  {
    actions: ['ecs:DescribeServices', 'ecs:UpdateService', 'ecs:DeleteService'],
    resources: ['arn:aws:ecs:${region}:${account}:service/${cluster}/windsock-c*'],
  },
  { actions: ['ecs:DescribeTasks'], resources: ['arn:aws:ecs:${region}:${account}:task/${cluster}/*'] },
  { actions: ['ecs:ListTasks'], resources: ['*'] },
  { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::${bucket}/*/pointer.json'] },
  {
    actions: ['states:StartExecution'],
    resources: [
      'arn:aws:states:${region}:${account}:stateMachine:${operate}',
      'arn:aws:states:${region}:${account}:stateMachine:${remove}',
    ],
  },
  {
    actions: ['states:DescribeExecution'],
    resources: [
      'arn:aws:states:${region}:${account}:execution:${operate}:*',
      'arn:aws:states:${region}:${account}:execution:${remove}:*',
    ],
  },
];

/** What the steps of the workflows need: everything of deployments, all of which is named `windsock-c...`. */
const STEP: readonly Grant[] = [
  onTable(...KEEP_ITEMS, 'Query', 'BatchWriteItem'),
  onSecrets('CreateSecret', 'DescribeSecret', 'GetSecretValue', 'DeleteSecret'),
  {
    actions: [
      'iam:CreateRole',
      'iam:GetRole',
      'iam:PutRolePolicy',
      'iam:DeleteRolePolicy',
      'iam:DeleteRole',
      'iam:PassRole',
    ],
    resources: ['arn:aws:iam::${account}:role/windsock-c*'],
  },
  { actions: ['iam:PassRole'], resources: ['arn:aws:iam::${account}:role/${executionRole}'] },
  {
    actions: [
      'logs:CreateLogGroup',
      'logs:PutSubscriptionFilter',
      'logs:DeleteLogGroup',
      'logs:GetLogEvents',
    ],
    resources: ['arn:aws:logs:${region}:${account}:log-group:/windsock/c*'],
  },
  READ_AND_WRITE_OBJECTS,
  { actions: ['s3:DeleteObject'], resources: [OBJECTS] },
  LIST_OBJECTS,
  {
    actions: ['ecs:RegisterTaskDefinition', 'ecs:TagResource', 'ecs:DeleteTaskDefinitions', 'ecs:RunTask'],
    resources: ['arn:aws:ecs:${region}:${account}:task-definition/windsock-c*'],
  },
  {
    actions: ['ecs:CreateService', 'ecs:UpdateService', 'ecs:DeleteService', 'ecs:DescribeServices'],
    resources: ['arn:aws:ecs:${region}:${account}:service/${cluster}/windsock-c*'],
  },
  {
    actions: ['ecs:DescribeTasks', 'ecs:StopTask'],
    resources: ['arn:aws:ecs:${region}:${account}:task/${cluster}/*'],
  },
  /** These know no resource in IAM, or one that cannot be named before the call. */
  {
    actions: [
      'ecs:DescribeTaskDefinition',
      'ecs:ListTaskDefinitions',
      'ecs:DeregisterTaskDefinition',
      'ecs:ListTasks',
    ],
    resources: ['*'],
  },
];

export const catalog: readonly FunctionEntry[] = [
  {
    name: 'api',
    handler: 'functions/api/handler.ts',
    trigger: { kind: 'http' },
    memory: 1024,
    timeout: 29,
    grants: [
      onTable(...KEEP_ITEMS, 'ConditionCheckItem', 'Query', 'BatchGetItem'),
      READ_PLATFORM_SECRET,
      onSecrets('CreateSecret', 'DeleteSecret'),
      READ_AND_WRITE_OBJECTS,
      LIST_OBJECTS,
      {
        actions: ['logs:FilterLogEvents'],
        resources: ['arn:aws:logs:${region}:${account}:log-group:/windsock/c*'],
      },
    ],
  },
  {
    name: 'publish',
    handler: 'functions/stream/handler.ts',
    trigger: { kind: 'stream', batchSize: 100 },
    memory: 256,
    timeout: 30,
    grants: [
      onTable('PutItem'),
      {
        actions: ['events:PutEvents'],
        resources: ['arn:aws:events:${region}:${account}:event-bus/${bus}'],
      },
    ],
  },
  {
    name: 'advance',
    handler: 'functions/event/handler.ts',
    trigger: { kind: 'event', detailTypes },
    memory: 512,
    timeout: 60,
    grants: ADVANCE,
  },
  {
    name: 'clock',
    handler: 'functions/clock/handler.ts',
    trigger: { kind: 'schedule', rate: 'rate(1 minute)' },
    memory: 512,
    timeout: 60,
    grants: [...ADVANCE, { actions: ['dynamodb:Query'], resources: [`${TABLE}/index/due`] }],
  },
  {
    name: 'step',
    handler: 'functions/step/handler.ts',
    trigger: { kind: 'step' },
    memory: 512,
    timeout: 60,
    grants: STEP,
  },
  {
    name: 'report',
    handler: 'functions/report/handler.ts',
    trigger: { kind: 'log' },
    memory: 256,
    timeout: 30,
    grants: [
      onTable('GetItem', 'UpdateItem'),
      {
        actions: ['ecs:DescribeTasks'],
        resources: ['arn:aws:ecs:${region}:${account}:task/${cluster}/*'],
      },
    ],
  },
];
