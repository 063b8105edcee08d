import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract, type Header } from 'tar-stream';

/** What a bundle may unpack to; the runtime's own limits, which are as wide or wider, stand behind these. */
const MOST_ENTRIES = 50_000;
const MOST_BYTES = 512 * 1024 * 1024;

/** The folder of a bundle that Airflow reads. */
const DAGS = 'dags';

/** A tarball that must not be unpacked, or is none; says which entry is wrong. */
export class UnsafeTarball extends Error {}

/**
 * Reads a gzipped tar to its end without unpacking it, and throws UnsafeTarball for what is broken, too large, or
 * would reach out of its folder: absolute and `..` paths, links that lead out, devices.
 */
export async function checkTarball(bytes: Uint8Array): Promise<void> {
  const reader = extract();
  try {
    await Promise.all([
      pipeline(Readable.from([bytes]), createGunzip(), limit, reader),
      checkEntries(reader),
    ]);
  } catch (error) {
    if (error instanceof UnsafeTarball) throw error;
    throw new UnsafeTarball(`it is not a gzipped tar: ${error instanceof Error ? error.message : error}`);
  }
}

async function checkEntries(reader: Extract): Promise<void> {
  let entries = 0;
  let hasDags = false;
  for await (const entry of reader) {
    entries += 1;
    const wrong =
      entries > MOST_ENTRIES ? `it has more than ${MOST_ENTRIES} entries` : entryError(entry.header);
    if (wrong !== undefined) throw new UnsafeTarball(wrong);
    hasDags ||= posix.normalize(entry.header.name).split('/')[0] === DAGS;
    entry.resume();
  }
  if (entries > 0 && !hasDags) throw new UnsafeTarball(`it has no folder ${DAGS}/`);
}

/** Passes unpacked bytes on until there are too many. */
async function* limit(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new UnsafeTarball(`it unpacks to more than ${MOST_BYTES} bytes`);
    yield chunk;
  }
}

function entryError({ name, type, linkname }: Header): string | undefined {
  const shown = JSON.stringify(name.slice(0, 200));
  if (leavesFolder(name)) return `the entry ${shown} is outside of the bundle`;
  switch (type) {
    case 'file':
    case 'contiguous-file':
    case 'directory':
      return undefined;
    case 'symlink':
      return leavesFolder(posix.join(posix.dirname(name), linkname ?? '/')) || isAbsolute(linkname)
        ? `the link ${shown} leads out of the bundle`
        : undefined;
    case 'link':
      return leavesFolder(linkname ?? '/') ? `the link ${shown} leads out of the bundle` : undefined;
    default:
      return `the entry ${shown} is a ${type ?? 'thing of an unknown kind'}; files, folders and links are possible`;
  }
}

function leavesFolder(path: string): boolean {
  return isAbsolute(path) || path.includes('\0') || posix.normalize(path).split('/')[0] === '..';
}

function isAbsolute(path: string | null | undefined): boolean {
  return path === undefined || path === null || path.startsWith('/') || path.startsWith('\\');
}
