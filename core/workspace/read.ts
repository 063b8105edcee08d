import { notFound } from '../errors.ts';
import { may } from '../permission/authorize.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { findBatch } from '../store/batch.ts';
import type { WorkspaceItem } from './entity.ts';

/** A workspace, or 404. */
export async function getWorkspace(
  services: Services,
  organizationId: string,
  workspaceId: string,
): Promise<WorkspaceItem> {
  const item = await findWorkspace(services, organizationId, workspaceId);
  if (item === undefined) throw notFound('workspace', workspaceId);
  return item;
}

/** A workspace as it is at this moment, or undefined. */
export async function findWorkspace(
  services: Services,
  organizationId: string,
  workspaceId: string,
): Promise<WorkspaceItem | undefined> {
  const { data } = await services
    .store(organizationId)
    .entities.workspace.get({ organizationId, workspaceId })
    .go({ consistent: true });
  return data ?? undefined;
}

/** Those of these workspaces that are there, each once. */
export async function findWorkspaces(
  services: Services,
  organizationId: string,
  workspaceIds: readonly string[],
): Promise<WorkspaceItem[]> {
  const { workspace } = services.store(organizationId).entities;
  return await findBatch<WorkspaceItem>(
    'A workspace',
    workspaceIds,
    ({ workspaceId }) => workspaceId,
    (ids) =>
      workspace.get(ids.map((workspaceId) => ({ organizationId, workspaceId }))).go({ consistent: true }),
  );
}

/** The workspaces of an organization that the scope's actor may see. */
export async function listWorkspaces(
  scope: Scope,
  services: Services,
  organizationId: string,
): Promise<WorkspaceItem[]> {
  const { data } = await services
    .store(organizationId)
    .entities.workspace.query.primary({ organizationId })
    .go({ pages: 'all', consistent: true });
  return data.filter(({ workspaceId }) => may(scope, 'workspace.get', { organizationId, workspaceId }));
}
