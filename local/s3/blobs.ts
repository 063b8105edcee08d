import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Content on disk, under a name of its own that no key can influence. */
export interface Blob {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly md5: string;
}

/** Writes `data` to a new file of `folder`; it is on disk when this returns, and gone when `data` throws. */
export async function writeBlob(folder: string, data: AsyncIterable<Buffer>): Promise<Blob> {
  const name = randomUUID();
  const path = join(folder, name);
  const file = await open(path, 'wx');
  try {
    const md5 = createHash('md5');
    let size = 0;
    for await (const chunk of data) {
      md5.update(chunk);
      size += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
    await file.close();
    syncFolder(folder);
    return { name, size, md5: md5.digest('hex') };
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

/** Gives a blob's content a second name, which lives on when the first is removed. */
export function linkBlob(folder: string, name: string, toFolder: string): string {
  const copy = randomUUID();
  linkSync(join(folder, name), join(toFolder, copy));
  syncFolder(toFolder);
  return copy;
}

/** Opens a blob for reading, at once, so that a delete that follows does not take it from the reader. */
export function openBlob(folder: string, name: string): number {
  return openSync(join(folder, name), 'r');
}

/** Removes the blobs of `folder` that `isUsed` does not know and that were written before `before` (ms). */
export function sweepBlobs(folder: string, before: number, isUsed: (name: string) => boolean): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!isUsed(name) && statSync(path).mtimeMs < before) unlinkSync(path);
  }
}

/** Makes names that were added to or removed from `folder` survive a crash of the machine. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
