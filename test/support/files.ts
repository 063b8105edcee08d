import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../local/files.ts';

/** Everything under a folder, files and folders, by their path in it. Links are not followed. */
export function pathsUnder(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => [
    entry.name,
    ...(entry.isDirectory()
      ? pathsUnder(join(folder, entry.name)).map((path) => join(entry.name, path))
      : []),
  ]);
}

/** The files of a data folder that hold a text anywhere, by their path in it. */
export function filesWith(home: string, text: string): string[] {
  return pathsUnder(home).filter((path) => read(join(home, path)).includes(text));
}

/** None when the folder was removed meanwhile. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Empty for a file that was removed meanwhile, for a folder, and for a link to one. */
function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'EISDIR')) return Buffer.alloc(0);
    throw error;
  }
}
