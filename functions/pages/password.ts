import { z } from 'zod';
import { Email } from '../../core/signup/schema.ts';
import { Password } from '../../core/user/password.ts';
import type { Reply } from '../api/route.ts';
import { emailField, newPasswordField } from './fields.ts';
import type { Form } from './form.ts';
import { html } from './html.ts';
import { page } from './page.ts';

const ForgottenFields = z.object({ email: Email });
const ResetFields = z.object({ password: Password });

/** The page of somebody who has forgotten a password. */
export const forgottenForm: Form<z.output<typeof ForgottenFields>> = {
  title: 'Forgot your password?',
  before: html`<p>Enter your address, and a mail with a link to a new password goes to it.</p>`,
  action: '/password/forgotten',
  fields: [emailField],
  schema: ForgottenFields,
  submit: 'Send the mail',
  after: html`<p class="quiet"><a href="/signin">Back to signing in</a></p>`,
};

/** What everybody is told who has sent that, whether the address has an account or not. */
export const mailedPage: Reply<string> = page({
  title: 'Look into your mailbox',
  main: html`<h1>Look into your mailbox</h1>
<p>If this address has an account, a mail with a link to a new password is on its way. The link is good for 30 minutes.</p>
<p class="quiet"><a href="/signin">Back to signing in</a></p>`,
});

/** The page that the mail's link opens. */
export function resetForm(token: string, email: string): Form<z.output<typeof ResetFields>> {
  return {
    title: 'Choose a new password',
    before: html`<p>For <strong>${email}</strong>. All your sessions and sign-ins end with the old one.</p>`,
    action: `/password/reset?token=${encodeURIComponent(token)}`,
    fields: [{ name: 'password', label: 'New password', ...newPasswordField }],
    schema: ResetFields,
    submit: 'Set the password',
  };
}

/** Of somebody whose link opens nothing. */
export const worthlessLinkPage: Reply<string> = page({
  title: 'This link does not work any more',
  statusCode: 404,
  main: html`<h1>This link does not work any more</h1>
<p>It was used or has expired: it works once, within 30 minutes.</p>
<p><a href="/password/forgotten">Ask for a new one</a></p>`,
});
