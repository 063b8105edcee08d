import { z } from 'zod';

/** Routes without parameters, without a query, or without an answer's body. */
export const nothing = z.strictObject({});
export const noAnswer = z.undefined();

/** What a path names. Whether it exists is for authorization and core to say, so every text is let through. */
const id = z.string();
export const inOrganization = z.strictObject({ organizationId: id });
export const inWorkspace = z.strictObject({ organizationId: id, workspaceId: id });
export const inTeam = z.strictObject({ organizationId: id, teamId: id });
export const inDeployment = z.strictObject({ organizationId: id, deploymentId: id });
export const inDeploy = z.strictObject({ organizationId: id, deploymentId: id, deployId: id });
