import { VisibleError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { DeployIds } from './upload-url.ts';

/** A block is at most 4 MiB, what a Lambda function takes in one request; the CLI's have 1 MiB. */
export const LARGEST_BLOCK = 4 * 1024 * 1024;
/** A bundle's tarball is read into a function's memory to be checked. */
export const LARGEST_BUNDLE = 64 * 1024 * 1024;
export const MOST_BLOCKS = 1000;
/** What one deploy's upload takes in all: everything twice, for what was lost on its way back is sent again. */
const MOST_REQUESTS = 2 * MOST_BLOCKS;
const MOST_BYTES = 2 * LARGEST_BUNDLE;

/**
 * Counts a request to a deploy's upload before it is carried out, so that requests at the same moment count too; 413
 * when it is one too many, or its bytes are.
 */
export async function countUpload(services: Services, ids: DeployIds, bytes: number): Promise<void> {
  const { data } = await services
    .store(ids.organizationId)
    .entities.deploy.patch(ids)
    .add({ uploadRequests: 1, uploadBytes: bytes })
    .go({ response: 'all_new' });
  const { uploadRequests = 0, uploadBytes = 0 } = data;
  if (uploadRequests <= MOST_REQUESTS && uploadBytes <= MOST_BYTES) return;
  const most = `${MOST_REQUESTS} requests and ${MOST_BYTES} bytes`;
  throw tooLarge(`A deploy's upload takes at most ${most} in all. Create another deploy.`);
}

/** 413, with what is the most. */
export function tooLarge(message: string): VisibleError {
  return new VisibleError(413, message, [{ field: 'body', code: 'too_big', message }]);
}
