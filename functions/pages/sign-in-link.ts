import type { Reply } from '../api/route.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/**
 * Asks whether to sign in as the user of a link, whom somebody else may have chosen: what is typed and uploaded
 * afterwards would be theirs. `here` is this page's own path.
 */
export function signInLinkPage(here: string, email: string, signedInAs: string | undefined): Reply<string> {
  return page({
    title: 'Sign in?',
    main: html`<h1>Sign in?</h1>
<p>This link signs you in as <strong>${email}</strong>.${
      signedInAs === undefined ? undefined : html` You are signed in as <strong>${signedInAs}</strong>.`
    }</p>
<p class="quiet">Go on only if this account is yours.</p>
<form method="post" action="${here}"><button type="submit">Sign in</button></form>
<p class="quiet"><a href="/account">Do not sign in by this link</a></p>`,
  });
}
