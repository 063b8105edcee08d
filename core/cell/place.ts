import { z } from 'zod';
import type { FieldError } from '../errors.ts';
import type { Cell } from './schema.ts';

/** Cloud providers, as the API's reference names them; a cell is there for each of them. */
export const CloudProvider = z.enum(['AWS', 'AZURE', 'GCP']);
export type CloudProvider = z.infer<typeof CloudProvider>;

/** Where something is to be: on a cluster, else in a region of a provider. */
export interface Place {
  readonly cloudProvider?: CloudProvider | undefined;
  readonly region?: string | undefined;
  readonly clusterId?: string | undefined;
}

/** Whether it says anything; clients write an empty text for nothing. */
export function isSomewhere({ cloudProvider, region, clusterId }: Place): boolean {
  return [cloudProvider, region, clusterId].some(Boolean);
}

/** What of a place is not there, or says half of it; `fields` are its names in the request. */
export function placeErrors(
  { cloudProvider, region, clusterId }: Place,
  cell: Cell,
  fields = { cloudProvider: 'cloudProvider', region: 'region', clusterId: 'clusterId' },
): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (field: string, code: string, message: string) => errors.push({ field, code, message });
  if (clusterId) {
    if (clusterId === cell.id) return [];
    const message = `there is no cluster ${clusterId}; there is ${cell.id}`;
    refuse(fields.clusterId, 'not_offered', message);
    return errors;
  }
  if (region && !cloudProvider) {
    refuse(fields.cloudProvider, 'required', `is required together with ${fields.region}`);
  }
  if (cloudProvider && !region) {
    refuse(fields.region, 'required', `is required together with ${fields.cloudProvider}`);
  }
  if (region && region !== cell.region) {
    refuse(fields.region, 'not_offered', `there is no region ${region}; there is ${cell.region}`);
  }
  return errors;
}
