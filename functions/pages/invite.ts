import { z } from 'zod';
import type { FoundInvite } from '../../core/invite/schema.ts';
import { Password } from '../../core/user/password.ts';
import { FullName } from '../../core/user/schema.ts';
import type { Reply } from '../api/route.ts';
import { fullNameField, newPasswordField } from './fields.ts';
import type { Form } from './form.ts';
import { html } from './html.ts';
import { page } from './page.ts';

const NewUserFields = z.object({ fullName: FullName, password: Password });

/** What accepting an invite takes: a name and a password of somebody new, and nothing of whoever has an account. */
export type InviteFields = Partial<z.output<typeof NewUserFields>>;

/** The page that an invite's link opens. */
export function inviteForm(token: string, invite: FoundInvite): Form<InviteFields> {
  const { organizationName, inviter, email, hasAccount } = invite;
  return {
    title: `Join ${organizationName}`,
    before: html`<p>${inviter} invites <strong>${email}</strong> to the organization <strong>${organizationName}</strong>.</p>`,
    action: `/invites/accept?token=${encodeURIComponent(token)}`,
    fields: hasAccount ? [] : [fullNameField, { name: 'password', label: 'Password', ...newPasswordField }],
    schema: hasAccount ? z.object({}) : NewUserFields,
    submit: 'Join',
  };
}

/** Of somebody whose invite opens nothing any more; what to do is said by whoever found that out. */
export function worthlessInvitePage(message: string): Reply<string> {
  return page({
    title: 'This invite does not work any more',
    statusCode: 404,
    main: html`<h1>This invite does not work any more</h1>
<p>${message}</p>`,
  });
}
