import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { findWorkspaces, getWorkspace } from '../workspace/read.ts';
import type { DeploymentItem } from './entity.ts';
import { type Deployment, deploymentView } from './view.ts';

/** A deployment as the API answers it: the name of its workspace is a part of it, and seen by whoever sees it. */
export async function viewDeployment(
  scope: Scope,
  services: Services,
  item: DeploymentItem,
): Promise<Deployment> {
  const { name } = await getWorkspace(services, item.organizationId, item.workspaceId);
  return deploymentView(item, surroundings(scope, services, name));
}

/** Deployments of one organization as the API answers them. */
export async function viewDeployments(
  scope: Scope,
  services: Services,
  organizationId: string,
  items: readonly DeploymentItem[],
): Promise<Deployment[]> {
  const workspaces = await findWorkspaces(
    services,
    organizationId,
    items.map(({ workspaceId }) => workspaceId),
  );
  const names = new Map(workspaces.map(({ workspaceId, name }) => [workspaceId, name]));
  return items.map((item) =>
    deploymentView(item, surroundings(scope, services, names.get(item.workspaceId) ?? '')),
  );
}

function surroundings({ now }: Scope, { environment }: Services, workspaceName: string) {
  return { cell: environment.CELL, workspaceName, now };
}
