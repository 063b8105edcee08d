import { z } from 'zod';
import type { OrganizationItem } from '../organization/entity.ts';
import type { Cell } from './schema.ts';

/** A cell as the API shows it: a cluster, which an organization has from its own beginning. */
export const Cluster = z.object({
  id: z.string(),
  name: z.string(),
  cloudProvider: z.string(),
  region: z.string(),
  type: z.enum(['DEDICATED', 'HYBRID']),
  status: z.literal('CREATED'),
  organizationId: z.string(),
  dbInstanceType: z.string(),
  vpcSubnetRange: z.string(),
  drRegion: z.string(),
  isDrEnabled: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Cluster = z.infer<typeof Cluster>;

export function clusterView(cell: Cell, organization: OrganizationItem): Cluster {
  return {
    id: cell.id,
    name: cell.name,
    cloudProvider: cell.provider,
    region: cell.region,
    type: 'DEDICATED',
    status: 'CREATED',
    organizationId: organization.organizationId,
    dbInstanceType: '',
    vpcSubnetRange: '',
    drRegion: '',
    isDrEnabled: false,
    createdAt: organization.createdAt,
    updatedAt: organization.createdAt,
  };
}

const Instance = z.object({ name: z.string(), cpu: z.number(), memory: z.string() });
const Region = z.object({ name: z.string() });

/** What clusters may be made of, as the API shows it for each provider. */
export const ClusterOptions = z.object({
  provider: z.string(),
  defaultRegion: Region,
  regions: z.array(Region),
  databaseInstances: z.array(Instance),
  defaultDatabaseInstance: Instance,
  nodeInstances: z.array(Instance),
  defaultNodeInstance: Instance,
  nodeCountMin: z.number(),
  nodeCountMax: z.number(),
  nodeCountDefault: z.number(),
  defaultVpcSubnetRange: z.string(),
});
export type ClusterOptions = z.infer<typeof ClusterOptions>;

/**
 * The cell's region is the one there is, whichever provider a client asks for. Instances and nodes are nobody's to
 * choose, since a cell has neither; clients want the fields.
 */
export function clusterOptionsView(cell: Cell, provider: string): ClusterOptions {
  const none = { name: '', cpu: 0, memory: '' };
  return {
    provider,
    defaultRegion: { name: cell.region },
    regions: [{ name: cell.region }],
    databaseInstances: [],
    defaultDatabaseInstance: none,
    nodeInstances: [],
    defaultNodeInstance: none,
    nodeCountMin: 0,
    nodeCountMax: 0,
    nodeCountDefault: 0,
    defaultVpcSubnetRange: '',
  };
}
