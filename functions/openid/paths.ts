/** Where the provider's parts are: those that the astro CLI asks for below its `domainUrl`. */
export const paths = {
  authorization: '/authorize',
  token: '/oauth/token',
  revocation: '/oauth/revoke',
  jwks: '/oauth/jwks',
} as const;

/** Where somebody confirms that a program may act as them. */
export function confirmationPath(uid: string): string {
  return `${paths.authorization}/${uid}/confirm`;
}
