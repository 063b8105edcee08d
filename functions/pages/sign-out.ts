import type { Reply } from '../api/route.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** Of somebody whom another site sent to sign out. */
export const signOutPage: Reply<string> = page({
  title: 'Sign out?',
  main: html`<h1>Sign out?</h1>
<p>Another site has led you here.</p>
<form method="post" action="/signout"><button type="submit">Sign out</button></form>
<p class="quiet"><a href="/account">Stay signed in</a></p>`,
});
