import { conflict, type FieldError, invalid } from '../errors.ts';
import type { OrganizationItem } from '../organization/entity.ts';
import { getOrganization } from '../organization/read.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { asUser } from '../session/scope.ts';
import { updated } from '../store/attributes.ts';
import type { TransactionEntities } from '../store/store.ts';
import { refused, retryStale, Stale } from '../store/transact.ts';
import { newMember, newUser } from '../user/create.ts';
import type { UserItem } from '../user/entity.ts';
import { hashPassword } from '../user/password.ts';
import type { InviteItem } from './entity.ts';
import { openInvite } from './read.ts';
import type { AcceptInviteRequest } from './schema.ts';

/** What accepting made: the user who joined, and a token of theirs when they are new. */
export interface Accepted {
  readonly organization: OrganizationItem;
  readonly user: UserItem;
  readonly token?: string;
}

/** Somebody who signs up by accepting: what the user is made of. */
interface Person {
  readonly fullName: string;
  readonly passwordHash: string;
}

/**
 * Accepts an invite, once, by its link's token. The address's user joins the organization; an address without one
 * signs up with a full name and a password. 404 when the link opens nothing any more, 400 for what is missing.
 */
export async function acceptInvite(
  scope: Scope,
  services: Services,
  { token, fullName, password }: AcceptInviteRequest,
): Promise<Accepted> {
  await openInvite(scope, services, token);
  const passwordHash = password === undefined ? undefined : await hashPassword(password);
  return await retryStale(async () => {
    const invite = await openInvite(scope, services, token);
    const user = await findUser(services, invite);
    if (user === undefined)
      return await signUp(scope, services, invite, demandPerson(fullName, passwordHash));
    if (passwordHash !== undefined) throw invalid(HAS_ACCOUNT);
    return await join(scope, services, invite, user);
  });
}

const HAS_ACCOUNT: FieldError = {
  field: 'password',
  code: 'has_account',
  message: 'this e-mail address has an account; leave the password out, and sign in with the one you have',
};

function demandPerson(fullName: string | undefined, passwordHash: string | undefined): Person {
  if (fullName !== undefined && passwordHash !== undefined) return { fullName, passwordHash };
  const missing = (field: string) => ({ field, code: 'required', message: 'is required of a new user' });
  throw invalid(
    ...(fullName === undefined ? [missing('fullName')] : []),
    ...(passwordHash === undefined ? [missing('password')] : []),
  );
}

/** The user that the invite's address belongs to; 409 when they are a member already. */
async function findUser(
  services: Services,
  { organizationId, email }: InviteItem,
): Promise<UserItem | undefined> {
  const { entities } = services.globalStore;
  const { data: known } = await entities.email.get({ email }).go({ consistent: true });
  const userId = known?.userId;
  if (userId === undefined) return undefined;
  const [{ data: user }, { data: member }] = await Promise.all([
    entities.user.get({ userId }).go({ consistent: true }),
    entities.member.get({ organizationId, userId }).go({ consistent: true }),
  ]);
  if (member !== null) throw conflict('You are a member of this organization already.');
  return user ?? undefined;
}

async function join(scope: Scope, services: Services, invite: InviteItem, user: UserItem): Promise<Accepted> {
  const { organizationId } = invite;
  const { userId, version } = user;
  const joined = {
    organizationIds: [...user.organizationIds, organizationId],
    ...updated(asUser(scope, user), version),
  };
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      ...admission(entities, scope, invite, user),
      entities.user
        .patch({ userId })
        .set(joined)
        .where((has, { eq }) => eq(has.version, version))
        .commit(),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Invite ${invite.inviteId}`);
  return { organization: await getOrganization(services, organizationId), user: { ...user, ...joined } };
}

async function signUp(
  scope: Scope,
  services: Services,
  invite: InviteItem,
  person: Person,
): Promise<Accepted> {
  const { organizationId, email } = invite;
  const { user, token, writes } = await newUser(scope, services, { email, ...person }, { organizationId });
  const rejected = await refused(
    services.globalStore.transaction.write((entities) => [
      ...admission(entities, scope, invite, user),
      ...writes(entities),
    ]),
  );
  if (rejected.length > 0) throw new Stale(`Invite ${invite.inviteId}`);
  return { organization: await getOrganization(services, organizationId), user, token };
}

/** What admits a user: the invite is used up, and a member, perhaps one more owner, is there. */
function admission(
  { invite: invites, member, organization }: TransactionEntities,
  scope: Scope,
  { organizationId, inviteId, role }: InviteItem,
  user: UserItem,
) {
  return [
    invites
      .delete({ organizationId, inviteId })
      .where((has, { exists }) => exists(has.email))
      .commit(),
    member.create(newMember(scope, organizationId, user, role)).commit(),
    ...(role === 'ORGANIZATION_OWNER'
      ? [organization.patch({ organizationId }).add({ ownerCount: 1 }).commit()]
      : []),
  ];
}
