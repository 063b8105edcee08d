/**
 * Whether a page of this site sent a form: a browser says where a POST comes from, and no page can make it say
 * anything else. The session's cookie, which is SameSite, is the second lock.
 */
export function sentByThisSite(
  { origin, host }: Readonly<Record<string, string | string[] | undefined>>,
  publicUrl: string,
): boolean {
  const here = new URL(publicUrl);
  return origin === `${here.protocol}//${host ?? here.host}`;
}
