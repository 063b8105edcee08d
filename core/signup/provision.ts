import { createDeployment } from '../deployment/create.ts';
import { VisibleError } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { refused } from '../store/transact.ts';
import type { SignupItem } from './entity.ts';

/** The name of a trial's own deployment. All else about it is as the platform's defaults have it. */
const TRIAL_DEPLOYMENT = 'Trial';

/**
 * Asks for the trial's deployment. Its id is the sign-up's, so that asking twice makes one. A request that is
 * refused (the user was quicker and has one, or has deleted the workspace) leaves nothing to do.
 */
export async function provisionTrial(scope: Scope, services: Services, signup: SignupItem): Promise<void> {
  const { signupId, organizationId, workspaceId, deploymentId } = signup;
  if (organizationId === undefined || workspaceId === undefined || deploymentId === undefined) {
    throw new Error(`Sign-up ${signupId} is verified and names no workspace`);
  }
  try {
    const request = { name: TRIAL_DEPLOYMENT, workspaceId };
    await createDeployment(scope, services, organizationId, request, deploymentId);
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
  }
  await refused(
    services.globalStore.transaction.write((entities) => [
      entities.signup
        .patch({ signupId })
        .set({ status: 'PROVISIONED' })
        .remove(['dueShard', 'dueAt'])
        .where(({ status }, { eq }) => eq(status, 'VERIFIED'))
        .commit(),
    ]),
  );
}
