import { z } from 'zod';
import { CloudProvider } from '../cell/place.ts';
import { Name } from '../name/schema.ts';
import { Subject } from '../subject.ts';
import type { WorkspaceItem } from './entity.ts';

const defaults = {
  defaultCloudProvider: CloudProvider.exactOptional(),
  defaultClusterId: z.string().min(1).max(128).exactOptional(),
  defaultRegion: z.string().min(1).max(64).exactOptional(),
};

export const CreateWorkspaceRequest = z.strictObject({
  name: Name,
  description: z.string().max(500).exactOptional(),
  cicdEnforcedDefault: z.boolean().exactOptional(),
  ...defaults,
});
export type CreateWorkspaceRequest = z.output<typeof CreateWorkspaceRequest>;

export const UpdateWorkspaceRequest = z.strictObject({
  name: Name,
  description: z.string().max(500),
  cicdEnforcedDefault: z.boolean(),
  ...defaults,
});
export type UpdateWorkspaceRequest = z.output<typeof UpdateWorkspaceRequest>;

/** A workspace as the API shows it. */
export const Workspace = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().exactOptional(),
  cicdEnforcedDefault: z.boolean(),
  defaultCloudProvider: z.string().exactOptional(),
  defaultClusterId: z.string().exactOptional(),
  defaultRegion: z.string().exactOptional(),
  organizationId: z.string(),
  createdAt: z.string(),
  createdBy: Subject,
  updatedAt: z.string(),
  updatedBy: Subject,
});
export type Workspace = z.infer<typeof Workspace>;

/** An item as the API shows it. */
export function workspaceView({ workspaceId, ...item }: WorkspaceItem): Workspace {
  return Workspace.parse({ id: workspaceId, ...item });
}
