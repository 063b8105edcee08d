import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { groupFolder, type LogLine, parseLine, streamOf } from './layout.ts';

/** So much is read at a time, and the next look reads what is left. A container's lines are of 64 KiB at most. */
const LONGEST_READ = 1024 * 1024;

/** A file of a group's stream, as it is now. */
export interface StreamFile {
  readonly stream: string;
  readonly path: string;
  /** Names it for as long as it is there, also when it is rotated to another path. */
  readonly id: string;
  readonly bytes: number;
}

/** The files of a group's streams. */
export function streamFiles(root: string, group: string): readonly StreamFile[] {
  const folder = groupFolder(root, group);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const stream = streamOf(name);
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stream === undefined || stats === undefined) return [];
    return [{ stream, path, id: identityOf(stats), bytes: stats.size }];
  });
}

/** An inode is used again once its file is gone, by a younger file. */
function identityOf({ ino, birthtimeMs }: Stats): string {
  return `${ino}-${birthtimeMs}`;
}

/** The whole lines that were appended to a file after its first `start` bytes, and the byte after them. */
export function linesAfter(
  { path, id, bytes }: StreamFile,
  start: number,
): { readonly lines: readonly LogLine[]; readonly end: number } {
  if (bytes <= start) return { lines: [], end: start };
  const buffer = Buffer.alloc(Math.min(bytes - start, LONGEST_READ));
  const file = openSync(path, 'r');
  try {
    // It may have been rotated meanwhile: the next look finds it where it is then.
    if (identityOf(fstatSync(file)) !== id) return { lines: [], end: start };
    const read = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, start));
    const whole = read.subarray(0, read.lastIndexOf('\n') + 1);
    const lines = whole.toString().split('\n');
    return { lines: lines.flatMap((text) => parseLine(text) ?? []), end: start + whole.length };
  } finally {
    closeSync(file);
  }
}
