import type { z } from 'zod';
import { SignupRequest, VerifyRequest } from '../../core/signup/schema.ts';
import { emailField, fullNameField, newPasswordField } from './fields.ts';
import type { Form } from './form.ts';
import { html } from './html.ts';

/** The page to sign up at. */
export const signUpForm: Form<SignupRequest> = {
  title: 'Sign up',
  before: html`<p>You get an organization of your own, and an Airflow to try, free for 14 days.</p>`,
  action: '/signup',
  fields: [
    fullNameField,
    {
      name: 'organizationName',
      label: 'Organization',
      type: 'text',
      autocomplete: 'organization',
      hint: 'Your company or team.',
      wrong: 'Enter a name, in one line.',
    },
    emailField,
    { name: 'password', label: 'Password', ...newPasswordField },
  ],
  schema: SignupRequest,
  submit: 'Sign up',
  after: html`<p class="quiet">You have an account? <a href="/signin">Sign in</a></p>`,
};

/** The page that asks for the code of a sign-up's mail. */
export function verifyForm(signupId: string): Form<z.output<typeof VerifyRequest>> {
  return {
    title: 'Enter your code',
    before: html`<p>A mail with a code of 6 digits is on its way to you. The code is good for 15 minutes.</p>`,
    action: `/signup/${encodeURIComponent(signupId)}`,
    fields: [
      {
        name: 'code',
        label: 'Code',
        type: 'text',
        autocomplete: 'one-time-code',
        wrong: 'Enter the 6 digits of the mail.',
        isCode: true,
      },
    ],
    schema: VerifyRequest,
    submit: 'Continue',
    after: html`<p class="quiet">No mail? Look among unwanted mail, or <a href="/signup">sign up again</a>. You have used the code already? <a href="/signin">Sign in</a></p>`,
  };
}
