import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import validate from 'asl-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tableDefinition } from '../../core/store/table.ts';
import { catalog, type FunctionEntry } from '../../functions/catalog.ts';
import { readEnvironment } from '../../functions/environment.ts';
import { resolveGrant } from '../../functions/grants.ts';
import { installPlatform } from '../../stacks/setup.ts';
import { PATIENCE } from '../support/patience.ts';
import { ACCOUNT, REGION, type Resource } from './cloud.ts';
import { bundleFile } from './engine.ts';
import { buildGraph } from './graph.ts';

let resources: readonly Resource[] = [];
beforeAll(async () => {
  installPlatform();
  resources = await buildGraph('production');
}, 300_000 * PATIENCE);

/** The inputs of every resource of a type, `lambda/function:Function` of AWS. */
function all<Schema extends z.ZodType>(type: string, schema: Schema): z.output<Schema>[] {
  return resources
    .filter((resource) => resource.type === `aws:${type}`)
    .map(({ inputs }) => schema.parse(inputs));
}

/** The only resource of a type. */
function only<Schema extends z.ZodType>(type: string, schema: Schema): z.output<Schema> {
  const [found, ...others] = all(type, schema);
  if (found === undefined || others.length > 0) throw new Error(`${others.length + 1} of ${type}, not one`);
  return found;
}

const Named = z.object({ name: z.string() });
const Document = z.object({
  Statement: z.array(
    z.object({
      Effect: z.string(),
      Action: z.union([z.string(), z.array(z.string())]),
      Resource: z.array(z.string()).optional(),
      Principal: z.unknown().optional(),
      Condition: z.unknown().optional(),
    }),
  ),
});
const Policy = z.preprocess((value) => (typeof value === 'string' ? JSON.parse(value) : value), Document);

const Lambda = z.object({
  name: z.string(),
  role: z.string(),
  handler: z.string(),
  runtime: z.string(),
  memorySize: z.number(),
  timeout: z.number(),
  environment: z.object({ variables: z.record(z.string(), z.string()) }),
});
const Role = z.object({
  name: z.string(),
  assumeRolePolicy: Policy,
  managedPolicyArns: z.array(z.string()).optional(),
  inlinePolicies: z.array(z.object({ policy: Policy })).optional(),
});

const lambdaName = ({ name }: FunctionEntry) => `windsock-production-${name}`;
const lambdaArn = (entry: FunctionEntry) =>
  `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${lambdaName(entry)}`;
const component = ({ name }: FunctionEntry) => name.charAt(0).toUpperCase() + name.slice(1);
const ofKind = (kind: FunctionEntry['trigger']['kind']) =>
  catalog.filter(({ trigger }) => trigger.kind === kind);

function lambdaOf(entry: FunctionEntry): z.output<typeof Lambda> {
  const found = all('lambda/function:Function', Lambda).find(({ name }) => name === lambdaName(entry));
  if (found === undefined) throw new Error(`${entry.name} of the catalog is not deployed`);
  return found;
}
function roleOf(entry: FunctionEntry): z.output<typeof Role> {
  const found = all('iam/role:Role', Role).find(({ name }) => lambdaOf(entry).role.endsWith(`:role/${name}`));
  if (found === undefined) throw new Error(`${entry.name} has no role`);
  return found;
}

const isEcs = ({ assumeRolePolicy }: z.output<typeof Role>) =>
  JSON.stringify(assumeRolePolicy).includes('ecs-tasks.amazonaws.com');

/** What this graph calls the things that grants speak of, read from the graph. */
function names(): Record<string, string> {
  const table = only('dynamodb/table:Table', Named).name;
  const machine = (suffix: string) =>
    all('sfn/stateMachine:StateMachine', Named).find(({ name }) => name.endsWith(suffix))?.name ?? '';
  return {
    region: REGION,
    account: ACCOUNT,
    table,
    bus: only('cloudwatch/eventBus:EventBus', Named).name,
    bucket: only('s3/bucket:Bucket', z.object({ bucket: z.string() })).bucket,
    cluster: only('ecs/cluster:Cluster', Named).name,
    operate: machine('operate'),
    remove: machine('remove'),
    platformSecret: only('secretsmanager/secret:Secret', Named).name,
    executionRole: all('iam/role:Role', Role).find(isEcs)?.name ?? '',
    mailFrom: only('sesv2/emailIdentity:EmailIdentity', z.object({ emailIdentity: z.string() }))
      .emailIdentity,
  };
}

describe.each(catalog)('function $name', (entry) => {
  it('is one Lambda with its memory and timeout', () => {
    expect(lambdaOf(entry)).toMatchObject({
      memorySize: entry.memory,
      timeout: entry.timeout,
      runtime: 'nodejs24.x',
    });
  });

  it('may do what the catalog grants, read the stream if that triggers it, write its log, and nothing else', () => {
    const { table } = names();
    const expected = entry.grants.map((grant) => resolveGrant(grant, names()));
    if (entry.trigger.kind === 'stream') {
      expected.push({
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [`arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${table}/stream/1`],
      });
    }
    expected.push({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/${lambdaName(entry)}:*`],
    });
    const { inlinePolicies = [], managedPolicyArns = [] } = roleOf(entry);
    const statements = inlinePolicies.flatMap(({ policy }) => policy.Statement);
    expect(statements.map(({ Action, Resource }) => ({ actions: Action, resources: Resource }))).toEqual(
      expected,
    );
    expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true);
    expect(managedPolicyArns).toEqual([]);
  });

  it('is nobody but Lambda', () => {
    const [statement, ...others] = roleOf(entry).assumeRolePolicy.Statement;
    expect(statement?.Principal).toEqual({ Service: 'lambda.amazonaws.com' });
    expect(others).toEqual([]);
  });

  it('is told all that it reads from its environment, within the 4 KB that Lambda allows, and no secret', () => {
    const { variables } = lambdaOf(entry).environment;
    const environment = readEnvironment({ ...variables, AWS_REGION: REGION });
    expect(environment.TABLE_NAME).toBe(names().table);
    expect(environment.BUCKET_NAME).toBe(names().bucket);
    const text = Object.values(variables).join('\n');
    expect(Buffer.byteLength(JSON.stringify(variables))).toBeLessThan(4096);
    expect(text).not.toMatch(/operator-token-of-this-test-only|"d":|macKey/);
  });

  it('is bundled into a module that starts and exports its handler', () => {
    const file = bundleFile(component(entry));
    expect(statSync(file).size).toBeLessThan(10e6);
    const script = `const { handler } = await import(${JSON.stringify(file)}); console.log(typeof handler);`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: '/',
      encoding: 'utf8',
      env: { ...lambdaOf(entry).environment.variables, AWS_REGION: REGION },
    });
    expect(output.trim()).toBe('function');
  });
});

describe('triggers', () => {
  it('sends every request to the one http function, as payload 2.0', () => {
    const [entry, ...others] = ofKind('http');
    expect(others).toEqual([]);
    expect(entry?.timeout).toBeLessThanOrEqual(30); // API Gateway waits no longer for an HTTP API's function.
    const route = only('apigatewayv2/route:Route', z.object({ routeKey: z.string(), target: z.string() }));
    const integration = only(
      'apigatewayv2/integration:Integration',
      z.object({ integrationUri: z.string(), payloadFormatVersion: z.string() }),
    );
    expect(route.routeKey).toBe('$default');
    expect(integration).toEqual({
      integrationUri: entry && lambdaArn(entry),
      payloadFormatVersion: '2.0',
    });
  });

  it('polls the stream for each stream function and reports the records that failed', () => {
    const Mapping = z.object({
      functionName: z.string(),
      batchSize: z.number(),
      functionResponseTypes: z.array(z.string()),
    });
    expect(all('lambda/eventSourceMapping:EventSourceMapping', Mapping)).toEqual(
      ofKind('stream').map((entry) => ({
        functionName: lambdaArn(entry),
        batchSize: entry.trigger.kind === 'stream' && entry.trigger.batchSize,
        functionResponseTypes: ['ReportBatchItemFailures'],
      })),
    );
  });

  it('sends the events of the bus and of the schedule as they are, for functions go by their time', () => {
    const Rule = z.object({
      name: z.string(),
      eventBusName: z.string().optional(),
      eventPattern: z.string().optional(),
      scheduleExpression: z.string().optional(),
    });
    const rules = all('cloudwatch/eventRule:EventRule', Rule);
    const Target = z.object({ rule: z.string(), arn: z.string(), input: z.unknown().optional() });
    const sent = all('cloudwatch/eventTarget:EventTarget', Target).map(({ rule, ...target }) => {
      const { name: _, ...when } = rules.find(({ name }) => name === rule) ?? { name: rule };
      return { when, ...target };
    });
    const expected = catalog.flatMap((entry): { when: object; arn: string }[] => {
      const { trigger } = entry;
      if (trigger.kind === 'schedule')
        return [{ when: { scheduleExpression: trigger.rate }, arn: lambdaArn(entry) }];
      if (trigger.kind !== 'event') return [];
      const eventPattern = JSON.stringify({ 'detail-type': trigger.detailTypes, source: ['windsock'] });
      return [{ when: { eventBusName: names().bus, eventPattern }, arn: lambdaArn(entry) }];
    });
    expect(rules).toHaveLength(expected.length);
    expect(sent.toSorted(byArn)).toEqual(expected.toSorted(byArn));
  });

  it('lets each function be called by its trigger alone', () => {
    const Permission = z.object({ function: z.string(), principal: z.string(), sourceArn: z.string() });
    const called = all('lambda/permission:Permission', Permission).map((permission) => permission.function);
    const invoked = catalog.filter(({ trigger }) =>
      ['http', 'event', 'schedule', 'log'].includes(trigger.kind),
    );
    expect(called.toSorted()).toEqual(invoked.map(lambdaArn).toSorted());
  });

  it('lets the logs of deployments alone call the function of their lines, where the others are told it is', () => {
    const Permission = z.object({ function: z.string(), principal: z.string(), sourceArn: z.string() });
    const byLogs = all('lambda/permission:Permission', Permission).filter(
      ({ principal }) => principal === 'logs.amazonaws.com',
    );
    expect(byLogs).toEqual(
      ofKind('log').map((entry) => ({
        function: lambdaArn(entry),
        principal: 'logs.amazonaws.com',
        sourceArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/windsock/*:*`,
      })),
    );
    for (const entry of catalog) {
      expect(lambdaOf(entry).environment.variables.REPORT_ARN).toBe(byLogs[0]?.function);
    }
  });
});

const byArn = (a: { arn: string }, b: { arn: string }) => a.arn.localeCompare(b.arn);

describe('state machines', () => {
  const Machine = z.object({ name: z.string(), roleArn: z.string(), definition: z.string() });

  it('are valid, and their only resource is the step function', () => {
    const machines = all('sfn/stateMachine:StateMachine', Machine);
    expect(machines.map(({ name }) => name).toSorted()).toEqual([
      'windsock-production-operate',
      'windsock-production-remove',
    ]);
    for (const { definition } of machines) {
      expect(validate(JSON.parse(definition)).errors).toEqual([]);
      const called = [...definition.matchAll(/"Resource":"([^"]+)"/g)].map(([, arn]) => arn);
      expect(new Set(called)).toEqual(new Set(ofKind('step').map(lambdaArn)));
    }
  });

  it('are where the functions are told they are', () => {
    for (const entry of catalog) {
      const { OPERATE_ARN, REMOVE_ARN } = lambdaOf(entry).environment.variables;
      expect([OPERATE_ARN, REMOVE_ARN]).toEqual(
        ['operate', 'remove'].map(
          (name) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:windsock-production-${name}`,
        ),
      );
    }
  });

  it('may call the step function and nothing else', () => {
    const policies = all('iam/rolePolicy:RolePolicy', z.object({ role: z.string(), policy: Policy }));
    const [machine] = all('sfn/stateMachine:StateMachine', Machine);
    const own = policies.filter(({ role }) => machine?.roleArn.endsWith(`/${role}`));
    expect(own.flatMap(({ policy }) => policy.Statement)).toMatchObject([
      { Action: ['lambda:InvokeFunction'], Resource: ofKind('step').map(lambdaArn) },
    ]);
  });
});

describe('data', () => {
  it('lies in the table that core defines, encrypted, with its history, protected', () => {
    const table = only('dynamodb/table:Table', z.looseObject({}));
    expect(table).toMatchObject({
      hashKey: tableDefinition.KeySchema[0]?.AttributeName,
      rangeKey: tableDefinition.KeySchema[1]?.AttributeName,
      attributes: tableDefinition.AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        name: AttributeName,
        type: AttributeType,
      })),
      globalSecondaryIndexes: tableDefinition.GlobalSecondaryIndexes.map(
        ({ IndexName, KeySchema, Projection }) => ({
          name: IndexName,
          hashKey: KeySchema[0]?.AttributeName,
          rangeKey: KeySchema[1]?.AttributeName,
          projectionType: Projection.ProjectionType,
        }),
      ),
      billingMode: tableDefinition.BillingMode,
      streamEnabled: tableDefinition.StreamSpecification.StreamEnabled,
      streamViewType: tableDefinition.StreamSpecification.StreamViewType,
      serverSideEncryption: { enabled: true },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: true,
    });
  });

  it('lies in a Postgres that is private, encrypted, protected, and reached by tasks over TLS', () => {
    const Database = z.looseObject({ vpcSecurityGroupIds: z.array(z.string()) });
    expect(only('rds/instance:Instance', Database)).toMatchObject({
      publiclyAccessible: false,
      storageEncrypted: true,
      manageMasterUserPassword: true,
      deletionProtection: true,
      skipFinalSnapshot: false,
      multiAz: true,
    });
    const { parameters } = only(
      'rds/parameterGroup:ParameterGroup',
      z.object({ parameters: z.array(z.unknown()) }),
    );
    expect(parameters).toContainEqual({ name: 'rds.force_ssl', value: '1' });
    const { subnetIds } = only('rds/subnetGroup:SubnetGroup', z.object({ subnetIds: z.array(z.string()) }));
    expect(subnetIds.every((id) => id.includes('Private'))).toBe(true);
  });

  it('lies in a bucket that is private, encrypted and over TLS alone', () => {
    expect(only('s3/bucketPublicAccessBlock:BucketPublicAccessBlock', z.looseObject({}))).toMatchObject({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const { rules } = only(
      's3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
      z.object({ rules: z.array(z.unknown()) }),
    );
    expect(rules).toHaveLength(1);
    const { policy } = only('s3/bucketPolicy:BucketPolicy', z.object({ policy: Policy }));
    expect(policy.Statement).toMatchObject([
      { Effect: 'Deny', Condition: [{ variable: 'aws:SecureTransport', values: ['false'] }] },
    ]);
    expect(only('s3/bucket:Bucket', z.looseObject({}))).toMatchObject({ forceDestroy: false });
  });

  it('of images is encrypted and never changes under a tag', () => {
    expect(only('ecr/repository:Repository', z.looseObject({}))).toMatchObject({
      imageTagMutability: 'IMMUTABLE',
      encryptionConfigurations: [{ encryptionType: 'AES256' }],
      forceDelete: false,
    });
  });
});

it('lets nothing in from outside the network', () => {
  const Group = z.object({
    ingress: z.array(z.object({ cidrBlocks: z.array(z.string()).optional() })).optional(),
  });
  const groups = [
    ...all('ec2/securityGroup:SecurityGroup', Group),
    ...all('ec2/defaultSecurityGroup:DefaultSecurityGroup', Group),
  ];
  const open = groups.flatMap(({ ingress = [] }) => ingress).flatMap(({ cidrBlocks = [] }) => cidrBlocks);
  expect(open).not.toContain('0.0.0.0/0');
});

it('bounds what comes in from outside altogether', () => {
  expect(only('apigatewayv2/stage:Stage', z.looseObject({}))).toMatchObject({
    defaultRouteSettings: { throttlingRateLimit: 500, throttlingBurstLimit: 500 },
  });
});

it('deploys nothing else', () => {
  const each = catalog.length;
  const kinds = (...wanted: FunctionEntry['trigger']['kind'][]) => wanted.flatMap(ofKind).length;
  const counts = Object.groupBy(
    resources.filter(({ type }) => type.startsWith('aws:') && !type.startsWith('aws:ec2/')),
    ({ type }) => type.replace(/^aws:.*:/, ''),
  );
  expect(Object.fromEntries(Object.entries(counts).map(([type, list = []]) => [type, list.length]))).toEqual({
    Function: each,
    LogGroup: each + 1,
    BucketObjectv2: each,
    Role: each + 2,
    RolePolicy: 2,
    EventSourceMapping: kinds('stream'),
    EventRule: kinds('event', 'schedule'),
    EventTarget: kinds('event', 'schedule'),
    Permission: kinds('http', 'event', 'schedule', 'log'),
    Api: 1,
    Stage: 1,
    Route: 1,
    Integration: 1,
    StateMachine: 2,
    Table: 1,
    EventBus: 1,
    Bucket: 1,
    BucketPolicy: 1,
    BucketPublicAccessBlock: 1,
    BucketServerSideEncryptionConfiguration: 1,
    Secret: 1,
    SecretVersion: 1,
    EmailIdentity: 1,
    Cluster: 1,
    ClusterCapacityProviders: 1,
    PrivateDnsNamespace: 1,
    Instance: 1,
    SubnetGroup: 1,
    ParameterGroup: 1,
    Repository: 1,
  });
});

it('protects no data in a stage that is not production', async () => {
  const graph = await buildGraph('preview');
  const inputs = (type: string) => graph.find((resource) => resource.type === `aws:${type}`)?.inputs;
  expect(inputs('rds/instance:Instance')).toMatchObject({
    deletionProtection: false,
    skipFinalSnapshot: true,
  });
  expect(inputs('dynamodb/table:Table')).toMatchObject({ deletionProtectionEnabled: false });
});
