import { findDeployments } from '../deployment/read.ts';
import type { Roles } from '../permission/roles.ts';
import type { Services } from '../services.ts';
import { allTeams } from '../team/read.ts';
import { allMembers } from '../user/member.ts';
import type { RoleIds } from './entity.ts';

/** Somebody who holds a role on a deployment. */
export interface RoleHolder {
  readonly who: string;
  readonly deploymentId: string;
  readonly workspaceId: string;
}

/** Which members, teams and API tokens hold a role of the organization's own, on deployments that are there. */
export async function holdersOf(
  services: Services,
  { organizationId, roleId }: RoleIds,
): Promise<RoleHolder[]> {
  const [members, teams, tokens] = await Promise.all([
    allMembers(services, organizationId),
    allTeams(services, organizationId),
    services
      .store(organizationId)
      .entities.apiToken.query.primary({ organizationId })
      .go({ pages: 'all', consistent: true }),
  ]);
  const holders = [
    ...members.map(({ username, roles }) => ({ who: username, roles })),
    ...teams.map(({ name, roles }) => ({ who: `team ${name}`, roles })),
    ...tokens.data.map(({ name, roles }) => ({ who: `API token ${name}`, roles })),
  ].flatMap(({ who, roles }) => heldOn(roles, roleId).map((deploymentId) => ({ who, deploymentId })));
  const deploymentIds = holders.map(({ deploymentId }) => deploymentId);
  const there = await findDeployments(services, organizationId, deploymentIds);
  const workspaceOf = new Map(there.map(({ deploymentId, workspaceId }) => [deploymentId, workspaceId]));
  return holders.flatMap((holder) => {
    const workspaceId = workspaceOf.get(holder.deploymentId);
    return workspaceId === undefined ? [] : [{ ...holder, workspaceId }];
  });
}

/** The deployments on which somebody's role is this one. */
function heldOn({ deployments }: Roles, roleId: string): string[] {
  return Object.entries(deployments).flatMap(([deploymentId, role]) =>
    role === roleId ? [deploymentId] : [],
  );
}
