import type { z } from 'zod';
import { type FieldError, invalid } from '../errors.ts';
import { newId } from '../id.ts';
import { authorize, type Target } from '../permission/authorize.ts';
import type { CustomRole } from '../permission/custom.ts';
import { targetOf } from '../permission/filter.ts';
import { demandGivable, demandGivenIn } from '../permission/giving.ts';
import { NO_ROLES, OrganizationRole, type Role, type Roles, WorkspaceRole } from '../permission/roles.ts';
import { allRoles, givenRole } from '../role/read.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { created } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { getWorkspace } from '../workspace/read.ts';
import type { ApiTokenItem } from './entity.ts';
import { endOfOutlived, issueApiToken } from './issue.ts';
import type { CreateApiTokenRequest } from './schema.ts';

/**
 * Creates an API token that holds one role on what it is scoped to, and returns it with its text, which is kept
 * nowhere. The actor needs `token.create` there, and all that the role permits.
 */
export async function createApiToken(
  scope: Scope,
  services: Services,
  organizationId: string,
  request: CreateApiTokenRequest,
): Promise<{ item: ApiTokenItem; token: string }> {
  const home = await homeOf(services, organizationId, request);
  authorize(scope, 'token.create', home);
  if (request.scope === 'WORKSPACE' && home.workspaceId !== undefined) {
    await getWorkspace(services, organizationId, home.workspaceId);
  }
  const { role, roles } = await rolesOn(services, home, request);
  demandGivenIn(role, home, 'role');
  demandGivable(scope, role, home);
  const unsigned = {
    organizationId,
    tokenId: newId(),
    name: request.name,
    description: request.description ?? '',
    scope: request.scope,
    ...(home.workspaceId === undefined ? {} : { workspaceId: home.workspaceId }),
    ...(home.deploymentId === undefined ? {} : { deploymentId: home.deploymentId }),
    ...(request.tokenExpiryPeriodInDays === undefined
      ? {}
      : { expiryPeriodInDays: request.tokenExpiryPeriodInDays }),
    roles,
  };
  const { token, issued } = await issueApiToken(scope, services, unsigned);
  const end = endOfOutlived(scope, issued);
  if (end !== undefined) {
    const message = `must end by ${end}, as the API token does that asks for it`;
    throw invalid({ field: 'tokenExpiryPeriodInDays', code: 'too_big', message });
  }
  const item = { ...unsigned, ...issued, ...created(scope) };
  const rejected = await refused(
    services.store(organizationId).transaction.write(({ apiToken }) => [apiToken.create(item).commit()]),
  );
  if (rejected.length > 0) throw new Stale(`API token ${item.tokenId}`);
  return { item, token };
}

/** What the token is scoped to; 400 when it is not named. */
async function homeOf(
  services: Services,
  organizationId: string,
  { scope, entityId }: CreateApiTokenRequest,
): Promise<Target> {
  if (scope === 'ORGANIZATION') {
    if (entityId !== undefined && entityId !== organizationId) {
      throw invalid(entityError('must be left out, or be the id of the organization'));
    }
    return { organizationId };
  }
  if (entityId === undefined) throw invalid(entityError(`is required when the scope is ${scope}`));
  return scope === 'WORKSPACE'
    ? { organizationId, workspaceId: entityId }
    : await targetOf(services, organizationId, { deploymentId: entityId });
}

function entityError(message: string): FieldError {
  return { field: 'entityId', code: 'invalid_value', message };
}

/** The asked role, which must be one of the scope's, on its home. */
async function rolesOn(
  services: Services,
  { organizationId, workspaceId = '', deploymentId = '' }: Target,
  { scope, role }: CreateApiTokenRequest,
): Promise<{ role: Role | CustomRole; roles: Roles }> {
  switch (scope) {
    case 'ORGANIZATION': {
      const organization = parseRole(OrganizationRole, role);
      return { role: organization, roles: { ...NO_ROLES, organization } };
    }
    case 'WORKSPACE': {
      const held = parseRole(WorkspaceRole, role);
      return { role: held, roles: { ...NO_ROLES, workspaces: { [workspaceId]: held } } };
    }
    case 'DEPLOYMENT': {
      const given = givenRole(await allRoles(services, organizationId), role, 'role');
      const held = typeof given === 'string' ? given : given.roleId;
      return { role: given, roles: { ...NO_ROLES, deployments: { [deploymentId]: held } } };
    }
  }
}

function parseRole<R extends string>(roles: z.ZodType<R> & { options: readonly R[] }, role: string): R {
  const parsed = roles.safeParse(role);
  if (parsed.success) return parsed.data;
  const message = `must be one of ${roles.options.join(', ')}`;
  throw invalid({ field: 'role', code: 'invalid_value', message });
}
