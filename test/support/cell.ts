import type { Cell } from '../../core/cell/schema.ts';

/** A cell that offers everything. */
export const cell: Cell = {
  id: 'cell',
  name: 'Cell',
  provider: 'LOCAL',
  region: 'us-east-1',
  cluster: 'windsock',
  database: { host: 'postgres', port: 5432, user: 'cell', passwordSecretArn: 'arn:cell-database' },
  broker: { kind: 'redis', host: 'redis', port: 6379, passwordSecretArn: 'arn:cell-broker' },
  bucket: 'windsock',
  publicUrl: 'http://localhost/{namespace}',
  apiUrl: 'http://api/{namespace}',
  frontDoorKeys: { keys: [] },
  images: { repository: 'windsock/runtime' },
  executionRoleArn: 'arn:execution',
  logGroupPrefix: '/windsock',
};
