import { z } from 'zod';
import { parseInput } from '../endpoint/json.ts';
import { ACCOUNT, REGION, ServiceError } from '../endpoint/service.ts';

/** What a request does to one resource, as IAM sees it. */
export interface Access {
  readonly action: string;
  readonly resource: string;
}

const table = z.object({ TableName: z.string().min(1) });
const query = table.extend({ IndexName: z.string().min(1).optional() });
const batch = z.object({ RequestItems: z.record(z.string(), z.unknown()) });
const transactGet = z.object({ TransactItems: z.array(z.object({ Get: table })) });
const transactWrite = z.object({
  TransactItems: z.array(
    z.strictObject({
      Put: table.optional(),
      Update: table.optional(),
      Delete: table.optional(),
      ConditionCheck: table.optional(),
    }),
  ),
});
const stream = z.object({ StreamArn: z.string().min(1) });

const TRANSACT_ACTIONS = [
  ['Put', 'dynamodb:PutItem'],
  ['Update', 'dynamodb:UpdateItem'],
  ['Delete', 'dynamodb:DeleteItem'],
  ['ConditionCheck', 'dynamodb:ConditionCheckItem'],
] as const;

/**
 * The grants that a DynamoDB request needs, by table and index. A transaction needs those of its items:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html. PartiQL is refused,
 * for its text hides the table. Throws ValidationException for input that does not name its table.
 */
export function accesses(operation: string, input: unknown): readonly Access[] {
  const action = `dynamodb:${operation}`;
  switch (operation) {
    case 'Query':
    case 'Scan': {
      const { TableName, IndexName } = parseInput(query, input);
      const resource = tableArn(TableName);
      return [{ action, resource: IndexName === undefined ? resource : `${resource}/index/${IndexName}` }];
    }
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys(parseInput(batch, input).RequestItems).map((name) => ({
        action,
        resource: tableArn(name),
      }));
    case 'TransactGetItems':
      return parseInput(transactGet, input).TransactItems.map(({ Get }) => ({
        action: 'dynamodb:GetItem',
        resource: tableArn(Get.TableName),
      }));
    case 'TransactWriteItems':
      return parseInput(transactWrite, input).TransactItems.flatMap((item) =>
        TRANSACT_ACTIONS.flatMap(([kind, action]) => {
          const target = item[kind];
          return target === undefined ? [] : [{ action, resource: tableArn(target.TableName) }];
        }),
      );
    case 'ListTables':
    case 'ListStreams':
    case 'DescribeEndpoints':
      return [{ action, resource: '*' }];
    case 'DescribeStream':
    case 'GetShardIterator':
      return [{ action, resource: streamArn(parseInput(stream, input).StreamArn) }];
    case 'GetRecords':
      return [{ action, resource: tableArn('*') }];
    case 'ExecuteStatement':
    case 'BatchExecuteStatement':
    case 'ExecuteTransaction':
      throw new ServiceError('UnknownOperationException', `${operation} (PartiQL) is not served here`);
    default:
      return [{ action, resource: tableArn(parseInput(table, input).TableName) }];
  }
}

/** A table's ARN; a request may name a table by it. */
function tableArn(name: string): string {
  const bare = name.startsWith('arn:') ? name.slice(name.indexOf('table/') + 'table/'.length) : name;
  return `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${bare}`;
}

/** A stream's ARN with this cloud's region: the database behind has one of its own. */
function streamArn(arn: string): string {
  return tableArn(arn.slice(arn.indexOf('table/') + 'table/'.length));
}
