import type { Scope } from '../../core/scope.ts';
import { findSigninLink, useSigninLink } from '../../core/session/link.ts';
import { localPath } from '../../core/session/local-path.ts';
import { formPage } from '../pages/form.ts';
import { sentByThisSite } from '../pages/sent-by-this-site.ts';
import { signedInTo } from '../pages/session.ts';
import { signInForm, usedLinkNotice } from '../pages/sign-in.ts';
import { signInLinkPage } from '../pages/sign-in-link.ts';
import type { Services } from '../services.ts';
import type { RawRequest, Reply } from './route.ts';
import { signedIn } from './signed-in.ts';

/**
 * Signs the browser in by a link's token when it was opened by hand, or when its page was sent. Whom a page has led
 * here, and who is signed in as somebody else, is asked first: the link may be of an account that another one holds.
 */
export async function signInByLink(
  scope: Scope,
  { token, next }: { token: string; next: string | undefined },
  request: RawRequest,
  services: Services,
  isSent: boolean,
): Promise<Reply<string>> {
  const { PUBLIC_URL } = services.environment;
  const user = await findSigninLink(scope, services, token);
  if (user === undefined) return formPage(signInForm(next, usedLinkNotice));
  const current = await signedIn(scope, request, services);
  const isMeant = isSent
    ? sentByThisSite(request.headers, PUBLIC_URL)
    : isOpenedByHand(request) && (current === undefined || current.userId === user.userId);
  if (!isMeant) {
    const query = new URLSearchParams({ token, ...(next !== undefined && { next }) });
    return signInLinkPage(`/signin?${query}`, user.email, current?.email);
  }
  const begun = await useSigninLink(scope, services, token);
  if (begun === undefined) return formPage(signInForm(next, usedLinkNotice));
  return signedInTo(localPath(next), begun, PUBLIC_URL);
}

/** Whether no page has led the browser here, as far as it says. */
function isOpenedByHand({ headers }: RawRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'none';
}
