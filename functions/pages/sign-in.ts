import { z } from 'zod';
import { Email } from '../../core/signup/schema.ts';
import { emailField } from './fields.ts';
import type { Form } from './form.ts';
import { type Html, html } from './html.ts';

const SignInFields = z.object({ email: Email, password: z.string().min(1).max(256) });

/** The page to sign in at; `notice` says why one is here. */
export function signInForm(next: string | undefined, notice?: Html): Form<z.output<typeof SignInFields>> {
  return {
    title: 'Sign in',
    ...(notice !== undefined && { before: notice }),
    action: next === undefined ? '/signin' : `/signin?next=${encodeURIComponent(next)}`,
    fields: [
      emailField,
      {
        name: 'password',
        label: 'Password',
        type: 'password',
        autocomplete: 'current-password',
        wrong: 'Enter your password.',
      },
    ],
    schema: SignInFields,
    submit: 'Sign in',
    after: html`<p class="quiet"><a href="/password/forgotten">Forgot your password?</a> · <a href="/signup">Sign up</a></p>`,
  };
}

/** Of somebody who followed a link that signs in once. */
export const usedLinkNotice = html`<p class="notice" role="status">This sign-in link has been used or has expired: it works once, for ten minutes. Sign in with your password instead.</p>`;
