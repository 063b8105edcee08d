import { bundle } from '../functions/bundle.ts';
import { catalog, type FunctionEntry } from '../functions/catalog.ts';
import { resolveGrant } from '../functions/grants.ts';
import { environment } from './environment.ts';
import { functionName, names } from './names.ts';
import { table } from './table.ts';

/** The catalog's functions, each with its limits and the permissions it is granted there. */
export const functions = catalog.map((entry) => ({ entry, function: deploy(entry) }));

function deploy(entry: FunctionEntry): sst.aws.Function {
  return new sst.aws.Function(componentName(entry), {
    name: functionName(entry.name),
    handler: `${entry.handler.replace(/\.ts$/, '')}.handler`,
    memory: `${entry.memory} MB`,
    timeout: `${entry.timeout} seconds`,
    environment,
    nodejs: bundle,
    permissions: permissions(entry),
    transform: {
      // SST lets the whole account take the role, and attaches a policy that names every log group.
      role: {
        assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: 'lambda.amazonaws.com' }),
        managedPolicyArns: [],
      },
    },
  });
}

/** What the catalog grants, what the trigger needs that Lambda polls with the function's role, and its own log. */
function permissions(entry: FunctionEntry): $util.Output<sst.aws.FunctionPermissionArgs[]> {
  return $resolve({ names, streamArn: table.nodes.table.streamArn }).apply(({ names, streamArn }) => [
    ...entry.grants.map((grant) => {
      const { actions, resources } = resolveGrant(grant, names);
      return { actions: [...actions], resources: [...resources] };
    }),
    ...(entry.trigger.kind === 'stream'
      ? [
          {
            actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
            resources: [streamArn],
          },
        ]
      : []),
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [
        `arn:aws:logs:${names.region}:${names.account}:log-group:/aws/lambda/${functionName(entry.name)}:*`,
      ],
    },
  ]);
}

/** SST's components begin with a capital letter. */
export function componentName({ name }: FunctionEntry): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
