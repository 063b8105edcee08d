import type { Reply } from '../api/route.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** Asks whether a program may act as somebody. `here` is this page's own path. */
export function confirmSignInPage(here: string, program: string, email: string): Reply<string> {
  return page({
    title: `Sign in to the ${program}`,
    leadsAway: true,
    main: html`<h1>Sign in to the ${program}</h1>
<p>It will act as <strong>${email}</strong>: see and change what you may see and change here.</p>
<p class="quiet">Go on only if you have just asked for this, on this computer.</p>
<form method="post" action="${here}"><button type="submit" autofocus>Continue</button></form>
<p class="quiet"><a href="/signin?next=${encodeURIComponent(here)}">Use another account</a></p>`,
  });
}

/** Of somebody whose sign-in began in another browser, or too long ago. */
export const lateSignInPage: Reply<string> = page({
  title: 'This sign-in cannot go on',
  statusCode: 400,
  main: html`<h1>This sign-in cannot go on</h1>
<p>It has expired, has been used, or began in another browser.</p>
<p>Go back to the program that sent you here, and begin again.</p>`,
});
