import { deletion } from '../audit/entry.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { updated } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { allTeams } from '../team/read.ts';
import { allMembers } from '../user/member.ts';
import type { Roles } from './roles.ts';

/** What is deleted: a workspace or a deployment of an organization. */
export type Gone =
  | { readonly organizationId: string; readonly workspaceId: string }
  | { readonly organizationId: string; readonly deploymentId: string };

/**
 * Takes away every role on what is deleted, and deletes the API tokens that are scoped to it. Safe to repeat. A role
 * that is left, as somebody gave it at the same moment, permits nothing: ids are never used again.
 */
export async function withdrawRoles(scope: Scope, services: Services, gone: Gone): Promise<void> {
  const { organizationId } = gone;
  const store = services.store(organizationId);
  const [members, teams, tokens] = await Promise.all([
    allMembers(services, organizationId),
    allTeams(services, organizationId),
    store.entities.apiToken.query.primary({ organizationId }).go({ pages: 'all', consistent: true }),
  ]);
  const isScoped = (token: { workspaceId?: string; deploymentId?: string }) =>
    'deploymentId' in gone
      ? token.deploymentId === gone.deploymentId
      : token.workspaceId === gone.workspaceId;
  for (const token of tokens.data) {
    const { tokenId, version, roles } = token;
    const left = without(roles, gone);
    if (isScoped(token)) {
      await write(
        store.transaction.write(({ apiToken, auditEntry }) => [
          apiToken.delete({ organizationId, tokenId }).commit(),
          auditEntry.put(deletion(scope, 'apiToken', token)).commit(),
        ]),
      );
    } else if (left !== roles) {
      await write(
        store.transaction.write(({ apiToken }) => [
          apiToken
            .patch({ organizationId, tokenId })
            .set({ roles: left, ...updated(scope, version) })
            .where((has, { eq }) => eq(has.version, version))
            .commit(),
        ]),
      );
    }
  }
  for (const { userId, version, roles } of members) {
    const left = without(roles, gone);
    if (left === roles) continue;
    await write(
      store.transaction.write(({ member }) => [
        member
          .patch({ organizationId, userId })
          .set({ roles: left, ...updated(scope, version) })
          .where((has, { eq }) => eq(has.version, version))
          .commit(),
      ]),
    );
  }
  for (const { teamId, version, roles } of teams) {
    const left = without(roles, gone);
    if (left === roles) continue;
    await write(
      store.transaction.write(({ team }) => [
        team
          .patch({ organizationId, teamId })
          .set({ roles: left, ...updated(scope, version) })
          .where((has, { eq }) => eq(has.version, version))
          .commit(),
      ]),
    );
  }
}

async function write(transaction: Parameters<typeof refused>[0]): Promise<void> {
  if ((await refused(transaction)).length > 0) throw new Stale('The roles');
}

/** The roles without that on what is gone; the same object when there is none. */
function without(roles: Roles, gone: Gone): Roles {
  const { workspaces, deployments } = roles;
  if ('deploymentId' in gone) {
    const { [gone.deploymentId]: role, ...left } = deployments;
    return role === undefined ? roles : { ...roles, deployments: left };
  }
  const { [gone.workspaceId]: role, ...left } = workspaces;
  return role === undefined ? roles : { ...roles, workspaces: left };
}
