import type { KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { VisibleError } from '../../core/errors.ts';
import { issueAccessToken } from '../../core/openid/access-token.ts';
import { paths } from './paths.ts';
import { currentRequest } from './request.ts';

const Tokens = z.looseObject({ access_token: z.string() });

/**
 * Puts a token of the platform in the place of the provider's access token: the API, the front door and the CLI know
 * one kind, which is revoked in one way.
 */
export async function accessTokens(context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (context.path !== paths.token) return;
  const tokens = Tokens.safeParse(context.body);
  const grantId = context.oidc.entities.Grant?.jti;
  if (!tokens.success || grantId === undefined) return;
  try {
    const { scope, services } = currentRequest();
    const token = await issueAccessToken(scope, services, grantId);
    context.body = { ...tokens.data, access_token: token };
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    context.status = 400;
    context.body = { error: 'invalid_grant', error_description: error.message };
  }
}
