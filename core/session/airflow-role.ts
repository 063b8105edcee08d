import { z } from 'zod';
import type { Access } from '../permission/access.ts';
import { permissionsOn, type Target } from '../permission/authorize.ts';
import type { Permission } from '../permission/permissions.ts';

/** A role of Airflow's own. */
export const AirflowRole = z.enum(['ADMIN', 'OP', 'USER', 'VIEWER']);
export type AirflowRole = z.infer<typeof AirflowRole>;

/** The permission that gives each, the highest first. */
const roles: readonly (readonly [Permission, AirflowRole])[] = [
  ['airflow.admin', 'ADMIN'],
  ['airflow.op', 'OP'],
  ['airflow.user', 'USER'],
  ['airflow.viewer', 'VIEWER'],
];

/** As what somebody with this access is let into a deployment's Airflow; undefined when they are not. */
export function airflowRoleOn(access: Access, deployment: Target): AirflowRole | undefined {
  const permitted = permissionsOn(access, deployment);
  if (!permitted.has('deployment.get')) return undefined;
  return roles.find(([permission]) => permitted.has(permission))?.[1];
}
