import { isSomewhere, type Place, placeErrors } from '../cell/place.ts';
import type { Cell } from '../cell/schema.ts';
import { type FieldError, invalid } from '../errors.ts';
import type { WorkspaceItem } from './entity.ts';

/** What a workspace calls the fields of its place. */
export const DEFAULT_FIELDS = {
  cloudProvider: 'defaultCloudProvider',
  region: 'defaultRegion',
  clusterId: 'defaultClusterId',
} as const;

/** What a workspace, or a request for one, says of where its deployments are by default. */
export type PlaceDefaults = Pick<WorkspaceItem, (typeof DEFAULT_FIELDS)[keyof typeof DEFAULT_FIELDS]>;

/** All fields of it. */
export const PLACE_DEFAULTS = Object.values(DEFAULT_FIELDS);

/** Where a workspace's deployments are when their requests do not say. */
export function defaultPlace(workspace: PlaceDefaults): Place {
  const { defaultCloudProvider, defaultRegion, defaultClusterId } = workspace;
  return { cloudProvider: defaultCloudProvider, region: defaultRegion, clusterId: defaultClusterId };
}

/** 400 when a workspace's deployments would by default be where there is no cell, or in two places. */
export function demandDefaults(request: PlaceDefaults, cell: Cell): void {
  const { clusterId, ...inRegion } = defaultPlace(request);
  const errors =
    clusterId && isSomewhere(inRegion)
      ? [excluding(DEFAULT_FIELDS.clusterId)]
      : placeErrors({ clusterId, ...inRegion }, cell, DEFAULT_FIELDS);
  if (errors.length > 0) throw invalid(...errors);
}

function excluding(field: string): FieldError {
  const message = `stands alone: give it, or ${DEFAULT_FIELDS.cloudProvider} with ${DEFAULT_FIELDS.region}`;
  return { field, code: 'invalid_value', message };
}
