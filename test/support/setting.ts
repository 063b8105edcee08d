import type { Cell } from '../../core/cell/schema.ts';
import type { Setting } from '../../core/component/setting.ts';
import type { Executor } from '../../core/deployment/executors.ts';
import { cell } from './cell.ts';
import { spec } from './spec.ts';

/** A deployment in a cell. */
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
