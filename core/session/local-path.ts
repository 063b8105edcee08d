/** Where somebody goes who signed in and wanted nothing else. */
const HOME = '/account';

/**
 * Where to go after a sign-in: a path of this platform. Whatever a browser could read as another origin (`//host`,
 * a backslash, control characters, a scheme) is not one, and leads to the account.
 */
export function localPath(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(next) || next.includes('\\')) return HOME;
  return next;
}
