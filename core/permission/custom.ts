import type { Permission } from './permissions.ts';
import { isPlatformRole, type Roles } from './roles.ts';

/** A role that an organization has made itself, as far as it decides what somebody may do. */
export interface CustomRole {
  readonly roleId: string;
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
  /** It is only given on deployments in these workspaces; none is any. */
  readonly restrictedWorkspaceIds: readonly string[];
}

/** Roles of an organization's own, by their ids. One that was deleted is not among them, and permits nothing. */
export type CustomRoles = ReadonlyMap<string, CustomRole>;

/** The ids of the organization's own roles that these hold, each once. */
export function customRoleIds(holders: readonly Roles[]): string[] {
  const held = holders.flatMap(({ deployments }) => Object.values(deployments));
  return [...new Set(held)].filter((role) => !isPlatformRole(role));
}
