import { z } from 'zod';
import { VisibleError } from '../../../core/errors.ts';
import { acceptInvite } from '../../../core/invite/accept.ts';
import { findInvite } from '../../../core/invite/read.ts';
import type { FoundInvite } from '../../../core/invite/schema.ts';
import type { Scope } from '../../../core/scope.ts';
import { beginSession } from '../../../core/session/begin.ts';
import { localPath } from '../../../core/session/local-path.ts';
import { formPage, submitted } from '../../pages/form.ts';
import { type InviteFields, inviteForm, worthlessInvitePage } from '../../pages/invite.ts';
import { leadTo } from '../../pages/page.ts';
import { signedInTo } from '../../pages/session.ts';
import type { Services } from '../../services.ts';
import { type RawRequest, type Reply, route } from '../route.ts';
import { nothing } from '../shapes.ts';
import { signedIn } from '../signed-in.ts';

const ofInvite = z.strictObject({ token: z.string().max(200) });

/** The page of a link's token as `show` has it, or that it opens nothing any more. */
async function atInvite(
  scope: Scope,
  services: Services,
  token: string,
  show: (invite: FoundInvite) => Reply<string> | Promise<Reply<string>>,
): Promise<Reply<string>> {
  try {
    return await show(await findInvite(scope, services, token));
  } catch (error) {
    if (error instanceof VisibleError && error.statusCode === 404) return worthlessInvitePage(error.message);
    throw error;
  }
}

/**
 * Accepts an invite. Who signs up by it is signed in: the mailbox has proved who this is. Who has an account signs in
 * with its password, unless this browser has already.
 */
async function accept(
  scope: Scope,
  request: RawRequest,
  services: Services,
  token: string,
  fields: InviteFields,
): Promise<Reply<string>> {
  const { user, token: isNew } = await acceptInvite(scope, services, { token, ...fields });
  if (isNew === undefined) {
    const current = await signedIn(scope, request, services);
    return leadTo(current?.userId === user.userId ? localPath(undefined) : '/signin');
  }
  const begun = await beginSession(scope, services, user);
  return signedInTo(localPath(undefined), begun, services.environment.PUBLIC_URL);
}

export const invitePages = [
  route({
    operation: 'ShowInvite',
    method: 'GET',
    path: '/invites/accept',
    summary: "A page: join an organization, by the invite's link",
    access: { kind: 'public' },
    params: nothing,
    query: ofInvite,
    body: 'none',
    answer: z.string(),
    handle: (scope, { query: { token } }, services) =>
      atInvite(scope, services, token, (invite) => formPage(inviteForm(token, invite))),
  }),
  route({
    operation: 'SubmitInvite',
    method: 'POST',
    path: '/invites/accept',
    summary: 'Joins the organization of an invite; who is new signs up: its page was sent',
    access: { kind: 'public' },
    params: nothing,
    query: ofInvite,
    body: 'raw',
    answer: z.string(),
    handle: (scope, { query: { token }, request }, services) =>
      atInvite(scope, services, token, (invite) =>
        submitted(inviteForm(token, invite), request, services.environment.PUBLIC_URL, (fields) =>
          accept(scope, request, services, token, fields),
        ),
      ),
  }),
];
