import { join } from 'node:path';

/**
 * How logs lie on disk: `<root>/<group>/<stream>.log`, one line of text a log event. A full file is renamed to
 * `<stream>.log.1` (which it replaces) and a new one begun, so that a stream keeps the last one to two of them.
 */
export const ROTATE_BYTES = 10 * 1024 * 1024;

/** A log event: milliseconds since 1970, and its text without a line break. */
export interface LogLine {
  readonly timestamp: number;
  readonly message: string;
}

/** The folder of a log group. The name is escaped, so `/windsock/a` and `..` are plain folders of the root. */
export function groupFolder(root: string, group: string): string {
  return join(root, escapeName(group));
}

/** The file that a stream is written to. */
export function logFile(root: string, group: string, stream: string): string {
  return join(groupFolder(root, group), `${escapeName(stream)}.log`);
}

/** The files of a stream, oldest lines first; either may be missing. */
export function logFiles(root: string, group: string, stream: string): readonly [string, string] {
  const current = logFile(root, group, stream);
  return [`${current}.1`, current];
}

/** The group whose folder has this name. */
export function groupOf(folderName: string): string {
  return decodeURIComponent(folderName);
}

/** The stream that a file of a group's folder belongs to; undefined for a file that is not a log. */
export function streamOf(fileName: string): string | undefined {
  const name = /^(.+)\.log(\.1)?$/.exec(fileName)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** One line of a log file, with its line break. Line breaks inside the message become spaces. */
export function formatLine(line: LogLine): string {
  return `${line.timestamp} ${line.message.replaceAll(/[\r\n]+/g, ' ')}\n`;
}

/** Reads one line of a log file; undefined for one that was cut off before its text began. */
export function parseLine(text: string): LogLine | undefined {
  const match = /^(\d{13}) (.*)$/s.exec(text);
  return match?.[1] === undefined ? undefined : { timestamp: Number(match[1]), message: match[2] ?? '' };
}

/** Names reach the disk percent-encoded, a leading dot too. */
function escapeName(name: string): string {
  return encodeURIComponent(name).replace(/^\./, '%2E');
}
