import { findDeployment } from '../../core/deployment/read.ts';
import type { Access } from '../../core/permission/access.ts';
import { authorize } from '../../core/permission/authorize.ts';
import { accessIn } from '../../core/user/access.ts';
import type { Services } from '../services.ts';
import { learn, type Middleware, part } from './call.ts';

/**
 * Finds what the caller may do in the organization of the path, and asks the one table of permissions.
 * What the caller may not see answers 404, what it may see and not do 403.
 */
export function authorization(services: Services): Middleware {
  return {
    async before({ event }) {
      const { access } = part(event, 'route');
      const { organizationId, workspaceId, deploymentId } = part(event, 'pathParameters');
      const scope = part(event, 'scope');
      if (access.kind === 'permission' && organizationId === undefined) {
        throw new Error(`${part(event, 'route').operation} needs a permission and names no organization`);
      }
      const { actor } = scope;
      if ((actor.type !== 'user' && actor.type !== 'apiToken') || organizationId === undefined) return;
      const held = await accessIn(services, scope.now, organizationId, actor);
      const authorized = { ...scope, actor: { ...actor, access: held } };
      learn(event, { scope: authorized });
      if (access.kind !== 'permission') return;
      const place = workspaceId ?? (await workspaceOf(services, held, organizationId, deploymentId));
      authorize(authorized, access.permission, { organizationId, workspaceId: place, deploymentId });
    },
  };
}

/** The workspace that a deployment is in; it is only looked up for somebody who holds roles on workspaces. */
async function workspaceOf(
  services: Services,
  { workspaces }: Access,
  organizationId: string,
  deploymentId: string | undefined,
): Promise<string | undefined> {
  if (deploymentId === undefined || Object.keys(workspaces).length === 0) return undefined;
  return (await findDeployment(services, { organizationId, deploymentId }))?.workspaceId;
}
