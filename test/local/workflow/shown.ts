import { z } from 'zod';
import { ApiToken, rolesOf } from '../../../core/api-token/schema.ts';
import type { Fields } from '../../../core/audit/entity.ts';
import { Deploy } from '../../../core/deploy/view.ts';
import { Deployment } from '../../../core/deployment/view.ts';
import { Invite } from '../../../core/invite/schema.ts';
import { Organization } from '../../../core/organization/schema.ts';
import { Role } from '../../../core/role/schema.ts';
import { Team, TeamMember } from '../../../core/team/schema.ts';
import { Member, rolesAsked } from '../../../core/user/schema.ts';
import { Workspace } from '../../../core/workspace/schema.ts';

/** Reads at a path below an organization, of the API's stable or of its own version. */
export type Read = (path: string, version?: 'v1' | 'v1alpha1') => Promise<unknown>;

const NO_ROLES = { workspaces: {}, deployments: {} };

/** What the API shows of a thing, as the audit log names it: all of it that somebody can ask to be changed. */
export const shownBy: Record<string, (read: Read, id: string) => Promise<Fields>> = {
  async ORGANIZATION(read) {
    const { name, status, billingEmail, trialExpiresAt, productPlans } = Organization.parse(await read(''));
    return { name, status, billingEmail, trialExpiresAt, productPlan: productPlans[0]?.productPlanName };
  },
  async WORKSPACE(read, id) {
    const { id: _, organizationId: __, ...shown } = Workspace.parse(await read(`/workspaces/${id}`));
    return withoutTimes(shown);
  },
  async USER(read, id) {
    const { username, ...held } = Member.parse(await read(`/users/${id}`));
    const { teams } = z
      .object({ teams: z.array(z.object({ id: z.string() })) })
      .parse(await read(`/users/${id}/teams`));
    const since = teams.map(async ({ id: teamId }) => {
      const { teamMembers } = z
        .object({ teamMembers: z.array(TeamMember) })
        .parse(await read(`/teams/${teamId}/members`));
      return [teamId, teamMembers.find(({ userId }) => userId === id)?.createdAt] as const;
    });
    return {
      username,
      roles: rolesAsked(held, NO_ROLES),
      teams: Object.fromEntries(await Promise.all(since)),
    };
  },
  async TEAM(read, id) {
    const { name, description, ...held } = Team.parse(await read(`/teams/${id}`));
    return { name, description, roles: rolesAsked(held, NO_ROLES) };
  },
  async ROLE(read, id) {
    const { name, description, permissions, restrictedWorkspaceIds } = Role.parse(await read(`/roles/${id}`));
    return { name, description, permissions, restrictedWorkspaceIds };
  },
  async API_TOKEN(read, id) {
    const { name, description, scope, roles, endAt, lastRotatedAt } = ApiToken.parse(
      await read(`/tokens/${id}`),
    );
    return { name, description, scope, roles: rolesOf(roles), endAt, lastRotatedAt };
  },
  async INVITE(read, id) {
    const { invites } = z
      .object({ invites: z.array(Invite) })
      .parse(await read('/invites?limit=1000', 'v1alpha1'));
    const { invitee, role, expiresAt } = Invite.parse(invites.find(({ inviteId }) => inviteId === id));
    return { email: invitee.username, role, expiresAt };
  },
  async DEPLOYMENT(read, id) {
    const shown = Deployment.parse(await read(`/deployments/${id}`));
    return {
      ...Object.fromEntries(Object.entries(shown).filter(([name]) => !OF_THE_PLATFORM.has(name))),
      workerQueues: shown.workerQueues.map(({ podCpu: _, podMemory: __, ...queue }) => queue),
      bundle: shown.desiredDagTarballVersion,
      workloadIdentity: shown.effectiveWorkloadIdentity,
    };
  },
};

/** What of a deployment nobody asks for by itself. */
const OF_THE_PLATFORM = new Set([
  ...['id', 'organizationId', 'workspaceName', 'namespace', 'status', 'statusReason', 'clusterId'],
  ...['clusterName', 'astroRuntimeVersion', 'airflowVersion', 'imageRepository', 'imageTag', 'imageVersion'],
  ...['dagTarballVersion', 'desiredDagTarballVersion', 'schedulerCpu', 'schedulerMemory'],
  ...['schedulerReplicas', 'webServerCpu', 'webServerMemory', 'webServerReplicas', 'webServerUrl'],
  ...['webServerIngressHostname', 'webServerAirflowApiUrl', 'apiUrl', 'uiUrl', 'effectiveWorkloadIdentity'],
  ...['runningRevision', 'runningOperation', 'waitingIntents', 'drainingComponents'],
  ...['createdAt', 'createdBy', 'updatedAt', 'updatedBy'],
]);

/** What the API shows of a deploy of this deployment. */
export async function shownDeploy(read: Read, deploymentId: string, id: string): Promise<Fields> {
  const { type, description, git, dagTarballVersion, astroRuntimeVersion, rollbackFromId } = Deploy.parse(
    await read(`/deployments/${deploymentId}/deploys/${id}`),
  );
  return {
    ...{ deploymentId, type, description, git, rollbackFromId },
    ...{ runtimeVersion: astroRuntimeVersion, bundle: dagTarballVersion },
  };
}

/** An entry's fields with no more of a bundle than the API shows: its version. */
export function withVersion({ bundle, ...fields }: Fields): Fields {
  if (bundle === undefined) return fields;
  return { ...fields, bundle: z.object({ version: z.string() }).parse(bundle).version };
}

function withoutTimes(shown: Fields): Fields {
  const { createdAt: _, createdBy: __, updatedAt: ___, updatedBy: ____, ...others } = shown;
  return others;
}
