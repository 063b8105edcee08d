import { placeErrors } from '../cell/place.ts';
import type { Cell } from '../cell/schema.ts';
import { invalid } from '../errors.ts';
import type { CreateWorkspaceRequest } from './schema.ts';

const FIELDS = { region: 'defaultRegion', clusterId: 'defaultClusterId' };

/** 400 when a workspace's deployments would by default be where there is no cell. */
export function demandDefaults(
  {
    defaultRegion: region,
    defaultClusterId: clusterId,
  }: Pick<CreateWorkspaceRequest, 'defaultRegion' | 'defaultClusterId'>,
  cell: Cell,
): void {
  const errors = placeErrors({ region, clusterId }, cell, FIELDS);
  if (errors.length > 0) throw invalid(...errors);
}
