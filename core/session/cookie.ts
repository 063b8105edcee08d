/**
 * The cookie's name. Over HTTPS it has the prefix by which a browser takes it from this host alone, so that no
 * neighbouring host can plant a session.
 */
function nameOf(publicUrl: string): string {
  return isSecure(publicUrl) ? '__Host-windsock_session' : 'windsock_session';
}

/** The session that a browser shows among its cookies (`name=value` each). */
export function sessionOf(cookies: readonly string[], publicUrl: string): string | undefined {
  const prefix = `${nameOf(publicUrl)}=`;
  return cookies.find((cookie) => cookie.startsWith(prefix))?.slice(prefix.length);
}

/** The Set-Cookie header that gives a browser its session for so many seconds; 0 takes it away. */
export function sessionCookie(session: string, seconds: number, publicUrl: string): string {
  const secure = isSecure(publicUrl) ? '; Secure' : '';
  return `${nameOf(publicUrl)}=${session}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${seconds}${secure}`;
}

function isSecure(publicUrl: string): boolean {
  return publicUrl.startsWith('https:');
}
