import type { Cell } from '../core/cell/schema.ts';
import { API_PORT } from '../core/component/task-definition.ts';
import { bucket } from './bucket.ts';
import { database, databaseSecretArn } from './database.ts';
import { executionRole } from './execution.ts';
import { images } from './images.ts';
import { cluster, tasks, vpc } from './network.ts';
import { publicKeys } from './secret.ts';
import { settings } from './settings.ts';
import { region } from './stage.ts';

/** A deployment's log group is in this one. */
export const LOG_GROUP_PREFIX = '/windsock';

/** The cell as the functions know it, `core/cell/schema.ts`. */
export const cell: $util.Output<Cell> = $resolve({
  id: 'cell',
  name: 'Cell',
  provider: 'AWS',
  region,
  cluster: cluster.nodes.cluster.name,
  database: {
    host: database.address,
    port: database.port,
    user: database.username,
    passwordSecretArn: $interpolate`${databaseSecretArn}:password::`,
  },
  bucket: bucket.name,
  publicUrl: `https://{namespace}.${settings.WINDSOCK_DOMAIN}`,
  apiUrl: `http://{namespace}:${API_PORT}/{namespace}`,
  frontDoorKeys: publicKeys,
  images: { repository: images.repositoryUrl },
  executionRoleArn: executionRole.arn,
  network: { subnets: vpc.privateSubnets, securityGroups: [tasks.id] },
  logGroupPrefix: LOG_GROUP_PREFIX,
});
