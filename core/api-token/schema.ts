import { z } from 'zod';
import { GivenId } from '../id.ts';
import { Name } from '../name/schema.ts';
import { OrganizationRole, type Roles, WorkspaceRole } from '../permission/roles.ts';
import { GivenRole } from '../role/schema.ts';
import { Subject } from '../subject.ts';
import { type ApiTokenItem, apiTokenScopes } from './entity.ts';

const Description = z.string().max(500);

/** Ten years at most, as the API's reference has it. */
const ExpiryPeriod = z.number().int().min(1).max(3650);

export const CreateApiTokenRequest = z.strictObject({
  name: Name,
  description: Description.optional(),
  kind: z.literal('STANDARD', 'must be STANDARD; no other kind is offered').optional(),
  scope: z.enum(apiTokenScopes),
  /** The workspace's or the deployment's id; an organization's token needs none. */
  entityId: GivenId.optional(),
  role: GivenRole,
  tokenExpiryPeriodInDays: ExpiryPeriod.optional(),
});
export type CreateApiTokenRequest = z.output<typeof CreateApiTokenRequest>;

export const UpdateApiTokenRequest = z.strictObject({ name: Name, description: Description.optional() });
export type UpdateApiTokenRequest = z.output<typeof UpdateApiTokenRequest>;

/** A role on one thing. */
export const ApiTokenRole = z.discriminatedUnion('entityType', [
  z.strictObject({ entityType: z.literal('ORGANIZATION'), entityId: GivenId, role: OrganizationRole }),
  z.strictObject({ entityType: z.literal('WORKSPACE'), entityId: GivenId, role: WorkspaceRole }),
  z.strictObject({ entityType: z.literal('DEPLOYMENT'), entityId: GivenId, role: GivenRole }),
]);
export type ApiTokenRole = z.infer<typeof ApiTokenRole>;

export const UpdateApiTokenRolesRequest = z.strictObject({
  roles: z
    .array(ApiTokenRole)
    .max(1000)
    .refine(
      (roles) => new Set(roles.map(({ entityId }) => entityId)).size === roles.length,
      'must name each entityId once',
    ),
});
export type UpdateApiTokenRolesRequest = z.output<typeof UpdateApiTokenRolesRequest>;

/** An API token as the API shows it; `token` is shown when it is made, and never again. */
export const ApiToken = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  kind: z.literal('STANDARD'),
  scope: z.enum(apiTokenScopes),
  roles: z.array(ApiTokenRole),
  shortToken: z.string(),
  startAt: z.string(),
  endAt: z.string().optional(),
  expiryPeriodInDays: z.number().optional(),
  lastRotatedAt: z.string().optional(),
  lastUsedAt: z.string().optional(),
  token: z.string().optional(),
  createdAt: z.string(),
  createdBy: Subject,
  updatedAt: z.string(),
  updatedBy: Subject,
});
export type ApiToken = z.infer<typeof ApiToken>;

/** An item as the API shows it, with those of its roles that the caller may see. */
export function apiTokenView(item: ApiTokenItem, visible: Roles): ApiToken {
  return { ...item, id: item.tokenId, kind: 'STANDARD', roles: listOf(visible, item.organizationId) };
}

function listOf({ organization, workspaces, deployments }: Roles, organizationId: string): ApiTokenRole[] {
  return [
    ...(organization === undefined
      ? []
      : [{ entityType: 'ORGANIZATION' as const, entityId: organizationId, role: organization }]),
    ...Object.entries(workspaces).map(([entityId, role]) => ({
      entityType: 'WORKSPACE' as const,
      entityId,
      role,
    })),
    ...Object.entries(deployments).map(([entityId, role]) => ({
      entityType: 'DEPLOYMENT' as const,
      entityId,
      role,
    })),
  ];
}

/** The roles of a list, by what they are held on. */
export function rolesOf(list: readonly ApiTokenRole[]): Roles {
  const roles: Roles = { workspaces: {}, deployments: {} };
  for (const entry of list) {
    if (entry.entityType === 'ORGANIZATION') roles.organization = entry.role;
    else if (entry.entityType === 'WORKSPACE') roles.workspaces[entry.entityId] = entry.role;
    else roles.deployments[entry.entityId] = entry.role;
  }
  return roles;
}
