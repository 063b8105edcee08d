import { z } from 'zod';
import type { FoundAirflow } from '../../core/session/airflows.ts';
import { Password } from '../../core/user/password.ts';
import { newPasswordField } from './fields.ts';
import type { Form } from './form.ts';
import { html } from './html.ts';

const PasswordFields = z.object({ currentPassword: z.string().min(1).max(256), newPassword: Password });

/** The page of somebody who is signed in: who they are here, where their Airflows are, and the ways out. */
export function accountForm(
  email: string,
  airflows: readonly FoundAirflow[],
): Form<z.output<typeof PasswordFields>> {
  return {
    title: 'Your account',
    before: html`<p>You are signed in as <strong>${email}</strong>. <a href="/signout">Sign out</a></p>
<h2>Airflow</h2>
${airflows.length === 0 ? html`<p class="quiet">There is no deployment that you may open.</p>` : html`<ul>${airflows.map(({ name, url }) => html`<li><a href="${url}">${name}</a></li>`)}</ul>`}
<h2>Change your password</h2>
<p class="quiet">All your other sessions and sign-ins end with the old one.</p>`,
    action: '/account/password',
    fields: [
      {
        name: 'currentPassword',
        label: 'Current password',
        type: 'password',
        autocomplete: 'current-password',
        wrong: 'Enter your current password.',
      },
      { name: 'newPassword', label: 'New password', ...newPasswordField },
    ],
    schema: PasswordFields,
    submit: 'Change password',
    after: html`<h2>Sign out everywhere</h2>
<p class="quiet">Ends every session, the astro CLI's too, and all tokens of yours. Tokens for machines stay.</p>
<form method="post" action="/signout/everywhere"><button class="second" type="submit">Sign out everywhere</button></form>`,
  };
}
