import { tableDefinition } from '../core/store/table.ts';
import { production } from './stage.ts';

/** The one table, as `core/store/table.ts` defines it. */
export const table = new sst.aws.Dynamo('Table', {
  fields: Object.fromEntries(
    tableDefinition.AttributeDefinitions.map((field) => [field.AttributeName, 'string']),
  ),
  primaryIndex: index(tableDefinition.KeySchema),
  globalIndexes: Object.fromEntries(
    tableDefinition.GlobalSecondaryIndexes.map(({ IndexName, KeySchema }) => [IndexName, index(KeySchema)]),
  ),
  stream: 'new-and-old-images',
  deletionProtection: production,
  transform: { table: { serverSideEncryption: { enabled: true } } },
});

type Key = { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' };

function index(keys: readonly Key[]): { hashKey: string; rangeKey: string } {
  return { hashKey: nameOf(keys, 'HASH'), rangeKey: nameOf(keys, 'RANGE') };
}

function nameOf(keys: readonly Key[], type: Key['KeyType']): string {
  const key = keys.find(({ KeyType }) => KeyType === type);
  if (key === undefined) throw new Error(`core/store/table.ts has a key without ${type}`);
  return key.AttributeName;
}
