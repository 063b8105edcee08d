import type { BegunSession } from '../../core/session/begin.ts';
import { sessionCookie } from '../../core/session/cookie.ts';
import type { Reply } from '../api/route.ts';
import { leadTo } from './page.ts';

/** Gives the browser its session and leads it on. */
export function signedInTo(
  location: string,
  { session, seconds }: BegunSession,
  publicUrl: string,
): Reply<string> {
  return leadTo(location, [sessionCookie(session, seconds, publicUrl)]);
}

/** Takes the browser's session away and leads it to the sign-in page. */
export function signedOut(publicUrl: string): Reply<string> {
  return leadTo('/signin', [sessionCookie('', 0, publicUrl)]);
}
