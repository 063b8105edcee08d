import { createHmac, timingSafeEqual } from 'node:crypto';
import { forbidden } from '../errors.ts';
import type { Scope } from '../scope.ts';
import type { Services } from '../services.ts';

/** An upload may begin so long after its deploy was created. */
export const VALID_SECONDS = 3600;

/** Which deploy an upload is for. */
export interface DeployIds {
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly deployId: string;
}

/** What in an upload's URL proves that the platform made it. `expires` is in seconds since 1970. */
export interface UploadSignature {
  readonly expires: string;
  readonly signature: string;
}

/** The URL that a deploy's bundle is uploaded to: whoever holds it may, for an hour. */
export async function uploadUrl(scope: Scope, services: Services, ids: DeployIds): Promise<string> {
  const expires = String(Math.floor(scope.now.getTime() / 1000) + VALID_SECONDS);
  const { macKey } = await services.platformSecret();
  const query = new URLSearchParams({ expires, signature: sign(macKey, ids, expires).toString('base64url') });
  return `${services.environment.PUBLIC_URL}${path(ids)}?${query}`;
}

/** Throws 403 unless the URL is one that the platform made for this deploy, and has not expired. */
export async function checkUpload(
  scope: Scope,
  services: Services,
  ids: DeployIds,
  { expires, signature }: UploadSignature,
): Promise<void> {
  const { macKey } = await services.platformSecret();
  const expected = sign(macKey, ids, expires);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw forbidden('The signature of this upload URL is wrong. Use dagsUploadUrl as it was answered.');
  }
  if (scope.now.getTime() / 1000 >= Number(expires)) {
    throw forbidden('This upload URL has expired. Create another deploy.');
  }
}

function path({ organizationId, deploymentId, deployId }: DeployIds): string {
  return `/uploads/${organizationId}/${deploymentId}/${deployId}`;
}

function sign(macKey: string, ids: DeployIds, expires: string): Buffer {
  return createHmac('sha256', Buffer.from(macKey, 'base64url'))
    .update(`upload ${path(ids)} ${expires}`)
    .digest();
}
