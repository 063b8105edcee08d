import { type Dirent, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isSystemError } from '../../local/files.ts';

/** Has an empty file be there, or not. */
export function present(file: string, isThere: boolean): void {
  if (isThere) writeFileSync(file, '');
  else rmSync(file, { force: true });
}

/** Everything under a folder, files and folders, by their path in it. Links are not followed. */
export function pathsUnder(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => [
    entry.name,
    ...(entry.isDirectory()
      ? pathsUnder(join(folder, entry.name)).map((path) => join(entry.name, path))
      : []),
  ]);
}

/** The files of a folder that hold a text anywhere, as it is or in base64, in a gzip file too; by their path in it. */
export function filesWith(folder: string, text: string): string[] {
  const forms = [text, ...base64Of(text)];
  return pathsUnder(folder).filter((path) => {
    const bytes = read(join(folder, path));
    return [bytes, unzipped(bytes)].some((content) => forms.some((form) => content.includes(form)));
  });
}

/** What base64 has of a text wherever it begins in what is encoded: without the digits that its neighbours share. */
function base64Of(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(`${' '.repeat(before)}${text}`).toString('base64url');
    const [first, last] = [
      Math.ceil((before * 8) / 6),
      Math.floor(((before + Buffer.byteLength(text)) * 8) / 6),
    ];
    return encoded.slice(first, last);
  });
}

/** Empty for what is no gzip file. */
function unzipped(bytes: Buffer): Buffer {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== GZIP) return Buffer.alloc(0);
  try {
    return gunzipSync(bytes);
  } catch {
    return Buffer.alloc(0);
  }
}

/** How every gzip file begins. */
const GZIP = 0x1f8b;

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
