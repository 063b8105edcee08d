import type { FieldError } from '../errors.ts';
import type { Cell } from './schema.ts';

/** Where something is to be. */
interface Place {
  readonly region?: string | undefined;
  readonly clusterId?: string | undefined;
}

/** What of a place is not there; `fields` are its names in the request. */
export function placeErrors(
  { region, clusterId }: Place,
  cell: Cell,
  fields = { region: 'region', clusterId: 'clusterId' },
): FieldError[] {
  const errors: FieldError[] = [];
  if (region && region !== cell.region) {
    const message = `there is no region ${region}; there is ${cell.region}`;
    errors.push({ field: fields.region, code: 'not_offered', message });
  }
  if (clusterId && clusterId !== cell.id) {
    const message = `there is no cluster ${clusterId}; there is ${cell.id}`;
    errors.push({ field: fields.clusterId, code: 'not_offered', message });
  }
  return errors;
}
