import { z } from 'zod';
import { notFound, unauthenticated } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';
import { readCaller } from '../token/authenticate.ts';
import { readAccess } from '../user/access.ts';
import { AirflowRole, airflowRoleOn } from './airflow-role.ts';
import { authenticateSession } from './authenticate.ts';

/** What the front door asks of each request to a deployment's Airflow. */
export const AuthorizeRequest = z.strictObject({
  namespace: z.string(),
  /** The request's Authorization header. */
  authorization: z.string().optional(),
  /** The request's session cookie. */
  session: z.string().optional(),
});
export type AuthorizeRequest = z.output<typeof AuthorizeRequest>;

/** Who may come in, as what, and until when this answer may be believed at most. */
export const Authorized = z.object({
  deploymentId: z.string(),
  subject: z.string(),
  role: AirflowRole,
  /** Absent when the credential has no end. */
  expiresAt: z.string().optional(),
});
export type Authorized = z.infer<typeof Authorized>;

/**
 * Decides who comes in at the front door of a deployment: 401 without a valid token or session, 404 when there is
 * no such namespace or the caller has no role there. Nothing of it comes from memory: the front door has one of its own.
 */
export async function authorizeFrontDoor(
  scope: Scope,
  services: Services,
  request: AuthorizeRequest,
): Promise<Authorized> {
  const { namespace } = request;
  const caller = await callerOf(scope, services, request);
  const { data: named } = await services.globalStore.entities.namespace.get({ namespace }).go();
  if (named === null) throw notFound('deployment', namespace);
  const { organizationId, deploymentId } = named;
  const [placed, access] = await Promise.all([
    services.store(organizationId).entities.deployment.get({ organizationId, deploymentId }).go(),
    readAccess(services, organizationId, caller),
  ]);
  if (placed.data === null) throw notFound('deployment', namespace);
  const target = { organizationId, workspaceId: placed.data.workspaceId, deploymentId };
  const role = airflowRoleOn(access, target);
  if (role === undefined) throw notFound('deployment', namespace);
  /** An API token's name could be anybody's address, so Airflow knows it by its id. */
  const subject = caller.type === 'user' ? caller.username : `api-token:${caller.tokenId}`;
  return { deploymentId, subject, role, expiresAt: caller.expiresAt };
}

async function callerOf(scope: Scope, services: Services, { authorization, session }: AuthorizeRequest) {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token !== undefined) return await readCaller(services, scope.now, token);
  if (session === undefined) throw unauthenticated('Sign in first, or send a token.');
  const { user, expiresAt } = await authenticateSession(scope, services, session);
  return { type: 'user' as const, userId: user.userId, username: user.email, expiresAt };
}
