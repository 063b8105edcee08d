import type { Cell } from '../../core/cell/schema.ts';
import type { Setting } from '../../core/component/setting.ts';
import type { Executor } from '../../core/deployment/executors.ts';
import { spec } from './spec.ts';

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
/** A deployment in it. */
export const setting = (executor: Executor, of: Cell = cell): Setting => ({
  cell: of,
  deployment: {
    organizationId: 'corganization',
    deploymentId: 'cdeployment',
    namespace: 'amber-breeze-1x2y3z',
  },
  spec: spec({ executor }),
  platformSecretArn: 'arn:platform',
  taskRoleArn: 'arn:role',
});
