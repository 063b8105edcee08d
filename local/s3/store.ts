import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atomically } from '../endpoint/state.ts';
import { linkBlob, openBlob, sweepBlobs, syncFolder, writeBlob } from './blobs.ts';
import { S3Error } from './errors.ts';
import { type Index, type ListedObject, openIndex, type StoredObject } from './index.ts';

/** An upload that nobody completes is forgotten after a day. */
const UPLOAD_LIFETIME_MS = 24 * 60 * 60 * 1000;

export type Store = ReturnType<typeof openStore>;

/**
 * Objects on disk: the content is a blob under a name of its own, which is on disk before one transaction of the
 * index makes the key name it. So a put is whole or nothing, a reader never sees half, and a crash leaves at most
 * a blob without a key, which `sweep` removes.
 */
export function openStore(options: { objects: string; index: string; now: () => number }) {
  const { objects, now } = options;
  const index: Index = openIndex(options.index);
  const opened = now();
  const folder = (bucket: string) => join(objects, bucket);
  const remove = (bucket: string, blob: string) => rmSync(join(folder(bucket), blob), { force: true });

  /** Throws `NoSuchBucket`. */
  function demandBucket(bucket: string): void {
    if (index.bucket(bucket) === undefined) {
      throw new S3Error('NoSuchBucket', `There is no bucket ${bucket}.`);
    }
  }

  /** Throws `NoSuchBucket` or `NoSuchKey`. */
  function demandObject(bucket: string, key: string): ListedObject {
    demandBucket(bucket);
    const found = index.object(bucket, key);
    if (found === undefined) throw new S3Error('NoSuchKey', `There is no object ${key} in ${bucket}.`);
    return found;
  }

  return {
    index,
    now,

    createBucket(bucket: string): void {
      mkdirSync(folder(bucket), { recursive: true });
      syncFolder(objects);
      index.addBucket(bucket, now());
    },

    removeBucket(bucket: string): void {
      atomically(index.database, () => {
        if (index.next(bucket, '', '') !== undefined) {
          throw new S3Error('BucketNotEmpty', `The bucket ${bucket} still has objects; delete them first.`);
        }
        index.removeUploads(bucket);
        index.removeBucket(bucket);
      });
      rmSync(folder(bucket), { recursive: true, force: true });
    },

    demandBucket,
    demandObject,
    write: (bucket: string, data: AsyncIterable<Buffer>) => writeBlob(folder(bucket), data),
    open: (bucket: string, blob: string) => openBlob(folder(bucket), blob),
    link: (bucket: string, blob: string, toBucket: string) =>
      linkBlob(folder(bucket), blob, folder(toBucket)),
    remove,

    /** Makes `key` name a written blob if `check`, told of the present ETag, does not throw. */
    commit(
      bucket: string,
      key: string,
      object: StoredObject,
      check: (etag: string | undefined) => void,
    ): void {
      let replaced: string | undefined;
      try {
        replaced = atomically(index.database, () => {
          demandBucket(bucket);
          const current = index.object(bucket, key);
          check(current?.etag);
          index.putObject(bucket, key, object);
          return current?.blob;
        });
      } catch (error) {
        remove(bucket, object.blob);
        throw error;
      }
      if (replaced !== undefined) remove(bucket, replaced);
    },

    /** Removes objects in one transaction; keys that name none are no error. */
    removeObjects(bucket: string, keys: readonly string[], check: (etag: string | undefined) => void): void {
      const blobs = atomically(index.database, () =>
        keys.flatMap((key) => {
          const current = index.object(bucket, key);
          check(current?.etag);
          index.removeObject(bucket, key);
          return current === undefined ? [] : [current.blob];
        }),
      );
      for (const blob of blobs) remove(bucket, blob);
    },

    /** Removes what a crash left: blobs without a key, from before this store was opened, and stale uploads. */
    sweep(): void {
      index.removeUploadsBefore(now() - UPLOAD_LIFETIME_MS);
      for (const { name } of index.buckets()) sweepBlobs(folder(name), opened, index.isUsed);
    },

    close: () => index.database.close(),
  };
}
