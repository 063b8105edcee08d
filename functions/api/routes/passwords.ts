import { z } from 'zod';
import { VisibleError } from '../../../core/errors.ts';
import { findPasswordReset, finishPasswordReset } from '../../../core/password-reset/finish.ts';
import { startPasswordReset } from '../../../core/password-reset/start.ts';
import type { Scope } from '../../../core/scope.ts';
import { localPath } from '../../../core/session/local-path.ts';
import { formPage, submitted } from '../../pages/form.ts';
import { forgottenForm, mailedPage, resetForm, worthlessLinkPage } from '../../pages/password.ts';
import { signedInTo } from '../../pages/session.ts';
import type { Services } from '../../services.ts';
import { type Reply, route } from '../route.ts';
import { nothing } from '../shapes.ts';

const ofReset = z.strictObject({ token: z.string() });

/** The page of a link's token as `show` has it, or that it opens nothing any more. */
async function atLink(
  scope: Scope,
  services: Services,
  token: string,
  show: (email: string) => Reply<string> | Promise<Reply<string>>,
): Promise<Reply<string>> {
  try {
    const { user } = await findPasswordReset(scope, services, token);
    return await show(user.email);
  } catch (error) {
    if (error instanceof VisibleError && error.statusCode === 404) return worthlessLinkPage;
    throw error;
  }
}

export const passwords = [
  route({
    operation: 'ShowForgottenPassword',
    method: 'GET',
    path: '/password/forgotten',
    summary: 'A page: have a link to a new password mailed',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'none',
    answer: z.string(),
    handle: async () => formPage(forgottenForm),
  }),
  route({
    operation: 'StartPasswordReset',
    method: 'POST',
    path: '/password/forgotten',
    summary: 'Mails a link to a new password, if the address has an account: its page was sent',
    access: { kind: 'public' },
    params: nothing,
    query: nothing,
    body: 'raw',
    answer: z.string(),
    handle: (scope, { request }, services) =>
      submitted(forgottenForm, request, services.environment.PUBLIC_URL, async ({ email }) => {
        await startPasswordReset(scope, services, { email, sourceAddress: request.sourceAddress });
        return mailedPage;
      }),
  }),
  route({
    operation: 'ShowPasswordReset',
    method: 'GET',
    path: '/password/reset',
    summary: "A page: choose a new password, by the mail's link",
    access: { kind: 'public' },
    params: nothing,
    query: ofReset,
    body: 'none',
    answer: z.string(),
    handle: (scope, { query: { token } }, services) =>
      atLink(scope, services, token, (email) => formPage(resetForm(token, email))),
  }),
  route({
    operation: 'FinishPasswordReset',
    method: 'POST',
    path: '/password/reset',
    summary: 'Sets the new password, ends all sessions and signs the browser in: its page was sent',
    access: { kind: 'public' },
    params: nothing,
    query: ofReset,
    body: 'raw',
    answer: z.string(),
    handle(scope, { query: { token }, request }, services) {
      const { PUBLIC_URL } = services.environment;
      return atLink(scope, services, token, (email) =>
        submitted(resetForm(token, email), request, PUBLIC_URL, async ({ password }) => {
          const begun = await finishPasswordReset(scope, services, token, password);
          return signedInTo(localPath(undefined), begun, PUBLIC_URL);
        }),
      );
    },
  }),
];
