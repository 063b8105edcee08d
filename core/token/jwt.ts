import { createHash } from 'node:crypto';
import { errors, importJWK, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { unauthenticated } from '../errors.ts';
import type { PlatformSecret, SigningKey } from '../platform/secret.ts';

/**
 * What a token says. The CLI reads `permissions`, `exp` and `apiTokenId`; an API token has the last, and the
 * organization where its item is.
 */
export const TokenClaims = z.object({
  iss: z.string(),
  sub: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number().optional(),
  permissions: z.array(z.string()).min(1),
  apiTokenId: z.string().optional(),
  organizationId: z.string().optional(),
});
export type TokenClaims = z.infer<typeof TokenClaims>;

/** Who signs: the platform, whatever its address is today. A key of another platform is another `kid`. */
const ISSUER = 'windsock';

/** What is to be said by a new token: whose it is, where, and until when. */
export interface NewToken {
  /** The user's id, or the API token's. */
  readonly subject: string;
  readonly jti: string;
  readonly place: Place;
  readonly issuedAt: Date;
  readonly expiresAt?: Date | undefined;
  /** Set for an API token alone. */
  readonly apiTokenId?: string;
}

/** Where a token's holder is at home: what the CLI works on when it is not told otherwise. */
export interface Place {
  readonly organizationId?: string | undefined;
  readonly workspaceId?: string | undefined;
  readonly deploymentId?: string | undefined;
}

/** Signs a token (EdDSA) with the platform's first key. */
export async function signToken(secret: PlatformSecret, token: NewToken): Promise<string> {
  const [key] = secret.signingKeys;
  const { subject, jti, place, issuedAt, expiresAt, apiTokenId } = token;
  const permissions = [
    `apiTokenId:${apiTokenId ?? jti}`,
    ...Object.entries(place).flatMap(([name, id]) => (id === undefined ? [] : [`${name}:${id}`])),
  ];
  const { organizationId } = place;
  const jwt = new SignJWT({
    permissions,
    ...(apiTokenId === undefined ? {} : { apiTokenId, organizationId }),
  })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: key.kid })
    .setIssuer(ISSUER)
    .setSubject(subject)
    .setJti(jti)
    .setIssuedAt(issuedAt);
  if (expiresAt !== undefined) jwt.setExpirationTime(expiresAt);
  return await jwt.sign(await importJWK({ ...key }, 'EdDSA'));
}

/** The claims of a token that this platform signed and that has not expired by `now`; else 401. */
export async function verifyToken(secret: PlatformSecret, token: string, now: Date): Promise<TokenClaims> {
  const keyOf = async ({ kid }: { kid?: string }) => {
    const key = secret.signingKeys.find((candidate) => candidate.kid === kid);
    if (key === undefined) throw unauthenticated('The token was not signed by this platform.');
    return await importJWK(publicKey(key), 'EdDSA');
  };
  try {
    const options = { issuer: ISSUER, algorithms: ['EdDSA'], currentDate: now };
    return TokenClaims.parse((await jwtVerify(token, keyOf, options)).payload);
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw unauthenticated('The token has expired. Sign in for a new one.');
    if (error instanceof errors.JOSEError || error instanceof z.ZodError) {
      throw unauthenticated('The token is not valid.');
    }
    throw error;
  }
}

/** How a token or another credential is kept: its SHA-256. Random or signed as it is, it needs no slow hash. */
export function hashOf(credential: string): string {
  return createHash('sha256').update(credential).digest('hex');
}

function publicKey({ kty, crv, x, kid }: SigningKey) {
  return { kty, crv, x, kid };
}
