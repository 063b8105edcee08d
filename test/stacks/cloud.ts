import { z } from 'zod';

/** Region and account that the stand-in for AWS answers. */
export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';

const Resource = z.object({
  /** `aws:lambda/function:Function`. */
  type: z.string(),
  /** The logical name. */
  name: z.string(),
  inputs: z.record(z.string(), z.unknown()),
});
export const Resources = z.array(Resource);

/** A resource that the stacks ask for. */
export type Resource = z.infer<typeof Resource>;

/** Stands in for Pulumi's engine and AWS: makes every resource that is asked for, and keeps the list. */
export function createCloud() {
  const resources: Resource[] = [];
  return {
    resources,
    newResource({ type, name, inputs }: Resource): { id: string; state: Record<string, unknown> } {
      resources.push({ type, name, inputs });
      return { id: `${name}-id`, state: { ...inputs, ...made(type, name, inputs) } };
    },
    call({ token, inputs }: { token: string; inputs: unknown }): Record<string, unknown> {
      const answer = answers[token];
      if (answer === undefined) throw new Error(`The stacks ask AWS for ${token}, which has no answer here`);
      return answer(inputs);
    },
  };
}

/** What AWS adds to a resource when it makes it, as far as other resources read it. */
function made(type: string, logicalName: string, inputs: Resource['inputs']): Record<string, unknown> {
  const name = typeof inputs.name === 'string' ? inputs.name : logicalName;
  const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
  switch (type) {
    case 'aws:lambda/function:Function':
      return { name, arn: arn('lambda', `function:${name}`) };
    case 'aws:dynamodb/table:Table':
      return {
        name,
        arn: arn('dynamodb', `table/${name}`),
        streamArn: arn('dynamodb', `table/${name}/stream/1`),
      };
    case 'aws:rds/instance:Instance':
      return {
        address: 'database.internal',
        port: 5432,
        masterUserSecrets: [{ secretArn: arn('secretsmanager', 'secret:rds!db-1') }],
      };
    case 'aws:apigatewayv2/api:Api':
      return { name, apiEndpoint: 'https://api.example.com', executionArn: arn('execute-api', 'api') };
    case 'aws:ecr/repository:Repository':
      return { name, arn: arn('ecr', `repository/${name}`), repositoryUrl: `registry.example.com/${name}` };
    case 'aws:secretsmanager/secret:Secret':
      return { name, arn: arn('secretsmanager', `secret:${name}-AbCdEf`) };
    case 'aws:iam/role:Role':
      return { name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}` };
    case 'random:index/randomBytes:RandomBytes':
      return { base64: 'AAAA' };
    default:
      return { name, arn: arn('other', `${logicalName}/${name}`) };
  }
}

const Statements = z.object({
  statements: z.array(
    z.object({
      effect: z.string().optional(),
      actions: z.array(z.string()),
      resources: z.array(z.string()).optional(),
      principals: z.unknown().optional(),
      conditions: z
        .array(z.object({ test: z.string(), variable: z.string(), values: z.array(z.string()) }))
        .optional(),
    }),
  ),
});

const answers: Readonly<Record<string, (inputs: unknown) => Record<string, unknown>>> = {
  'aws:index/getRegion:getRegion': () => ({ region: REGION, name: REGION }),
  'aws:index/getPartition:getPartition': () => ({ partition: 'aws' }),
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({ accountId: ACCOUNT }),
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({ names: [`${REGION}a`, `${REGION}b`] }),
  'aws:iam/getPolicyDocument:getPolicyDocument': (inputs) => {
    const { statements } = Statements.parse(inputs);
    return {
      statements,
      json: JSON.stringify({ Version: '2012-10-17', Statement: statements.map(inPolicy) }),
    };
  },
};

/** A statement as it stands in a policy document. */
function inPolicy({
  effect,
  actions,
  resources,
  principals,
  conditions,
}: z.infer<typeof Statements>['statements'][0]) {
  return {
    Effect: effect ?? 'Allow',
    Action: actions,
    Resource: resources,
    Principal: principals,
    Condition: conditions,
  };
}
