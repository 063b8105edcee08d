import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Services } from './services.ts';

/**
 * Deletes every object whose key begins so, of the cell's bucket. Safe to repeat. Throws for the first object that
 * cannot be deleted.
 */
export async function deleteObjects({ environment, objects }: Services, Prefix: string): Promise<void> {
  const Bucket = environment.CELL.bucket;
  for (;;) {
    const { Contents = [] } = await objects.send(new ListObjectsV2Command({ Bucket, Prefix }));
    if (Contents.length === 0) return;
    const { Errors = [] } = await objects.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }),
    );
    const [error] = Errors;
    if (error !== undefined) throw new Error(`Object ${error.Key} cannot be deleted: ${error.Message}`);
  }
}
