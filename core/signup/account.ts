import { conflict } from '../errors.ts';
import { newId, newOrderedId } from '../id.ts';
import { comparable } from '../name/schema.ts';
import { TRIAL_DAYS } from '../organization/plans.ts';
import { organizationView } from '../organization/schema.ts';
import { after, type Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { asUser } from '../session/scope.ts';
import { created, dueNow } from '../store/attributes.ts';
import { refused, Stale } from '../store/transact.ts';
import { newMember, newUser } from '../user/create.ts';
import { userView } from '../user/schema.ts';
import { workspaceView } from '../workspace/schema.ts';
import type { SignupItem } from './entity.ts';

/**
 * Makes all that a verified sign-up gives, in one transaction, and marks the sign-up as verified. 409 when its
 * address got an account in the meantime; `Stale` when the sign-up was changed.
 */
export async function makeAccount(
  scope: Scope,
  services: Services,
  signup: SignupItem,
  passwordHash: string,
) {
  const { signupId, email, fullName, organizationName } = signup;
  const [organizationId, workspaceId] = [newId(), newId()];
  const person = { email, fullName, passwordHash };
  const place = { organizationId, workspaceId };
  const { user, token, writes } = await newUser(scope, services, person, place);
  const byUser = created(asUser(scope, user));
  const trialExpiresAt = after(scope, TRIAL_DAYS * 86_400);
  const organization = {
    organizationId,
    name: organizationName,
    productPlan: 'TRIAL' as const,
    status: 'ACTIVE' as const,
    billingEmail: email,
    trialExpiresAt,
    ownerCount: 1,
    workspaceCount: 1,
    deploymentCount: 0,
    ...byUser,
  };
  const workspace = {
    organizationId,
    workspaceId,
    name: organizationName,
    cicdEnforcedDefault: false,
    deploymentCount: 0,
    ...byUser,
  };
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      entities.signup
        .patch({ signupId })
        .set({
          status: 'VERIFIED',
          userId: user.userId,
          organizationId,
          workspaceId,
          deploymentId: newOrderedId(scope.now),
          version: signup.version + 1,
          ...dueNow(scope, signupId),
        })
        .remove(['passwordHash'])
        .where(({ version }, { eq }) => eq(version, signup.version))
        .commit(),
      ...writes(entities),
      entities.organization.create(organization).commit(),
      entities.member.create(newMember(scope, organizationId, user, 'ORGANIZATION_OWNER')).commit(),
      entities.workspace.create(workspace).commit(),
      entities.name
        .create({
          organizationId,
          parentId: organizationId,
          name: comparable(organizationName),
          ownerId: workspaceId,
        })
        .commit(),
    ]),
  );
  if (rejected.includes(0)) throw new Stale(`Sign-up ${signupId}`);
  if (rejected.length > 0) throw conflict('This e-mail address has an account already. Sign in with it.');
  return {
    organization: organizationView(organization),
    workspace: workspaceView(workspace),
    user: userView(user),
    token,
    trialExpiresAt,
  };
}
