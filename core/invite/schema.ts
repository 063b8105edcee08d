import { z } from 'zod';
import { OrganizationRole } from '../permission/roles.ts';
import { Email } from '../signup/schema.ts';
import { Subject } from '../subject.ts';
import { Password } from '../user/password.ts';
import { FullName } from '../user/schema.ts';
import type { InviteItem } from './entity.ts';

export const CreateUserInviteRequest = z.strictObject({ inviteeEmail: Email, role: OrganizationRole });
export type CreateUserInviteRequest = z.output<typeof CreateUserInviteRequest>;

export const AcceptInviteRequest = z.strictObject({
  token: z.string().max(200),
  /** Of somebody new, who signs up with it. */
  fullName: FullName.exactOptional(),
  password: Password.exactOptional(),
});
export type AcceptInviteRequest = z.output<typeof AcceptInviteRequest>;

/** An invite as the API shows it. Whether the address has an account is not told. */
export const Invite = z.object({
  inviteId: z.string(),
  organizationId: z.string(),
  organizationName: z.string(),
  invitee: Subject,
  inviter: Subject,
  role: OrganizationRole,
  expiresAt: z.string(),
});
export type Invite = z.infer<typeof Invite>;

/** An item as the API shows it; an invitee has no id of a user yet, so its id is the invite's. */
export function inviteView(item: InviteItem, organizationName: string): Invite {
  const { inviteId, organizationId, email, role, createdBy, expiresAt } = item;
  return {
    inviteId,
    organizationId,
    organizationName,
    invitee: { id: inviteId, subjectType: 'USER', username: email },
    inviter: createdBy,
    role,
    expiresAt,
  };
}

/** What the holder of an invite's link is told of it. */
export const FoundInvite = z.object({
  organizationId: z.string(),
  organizationName: z.string(),
  email: z.string(),
  role: OrganizationRole,
  /** Who invites: a person's full name or an API token's. */
  inviter: z.string(),
  /** The address has an account, which joins; else accepting takes a full name and a password. */
  hasAccount: z.boolean(),
  expiresAt: z.string(),
});
export type FoundInvite = z.infer<typeof FoundInvite>;
