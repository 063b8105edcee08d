import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { groupFolder, groupOf, type LogLine, logFiles, parseLine, streamOf } from './layout.ts';

/** The groups under `root`, by name. */
export function listGroups(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? [groupOf(entry.name)] : []))
    .sort();
}

export function groupExists(root: string, group: string): boolean {
  return existsSync(groupFolder(root, group));
}

export function createGroup(root: string, group: string): void {
  mkdirSync(groupFolder(root, group), { recursive: true, mode: 0o700 });
}

export function deleteGroup(root: string, group: string): void {
  rmSync(groupFolder(root, group), { recursive: true, force: true });
}

export interface StreamSummary {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly created: number;
  readonly lastWritten: number;
  readonly bytes: number;
}

/** The streams of a group, by name. */
export function listStreams(root: string, group: string): readonly StreamSummary[] {
  const names = new Set(readdirSync(groupFolder(root, group)).flatMap((file) => streamOf(file) ?? []));
  return [...names].sort().map((name) => {
    const files = logFiles(root, group, name).flatMap(
      (path) => statSync(path, { throwIfNoEntry: false }) ?? [],
    );
    return {
      name,
      created: Math.floor(Math.min(...files.map((file) => file.birthtimeMs))),
      lastWritten: Math.floor(Math.max(...files.map((file) => file.mtimeMs))),
      bytes: files.reduce((sum, file) => sum + file.size, 0),
    };
  });
}

/** The lines of a stream, oldest first. A file that is rotated away while it is read ends there. */
export async function* readStream(root: string, group: string, stream: string): AsyncGenerator<LogLine> {
  for (const path of logFiles(root, group, stream)) {
    if (!existsSync(path)) continue;
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      const line = parseLine(text);
      if (line !== undefined) yield line;
    }
  }
}
