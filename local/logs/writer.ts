import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { formatLine, groupFolder, logFile, ROTATE_BYTES } from './layout.ts';

export interface LogWriter {
  /** Appends one event with the machine's time; a full file is rotated first. */
  write(message: string): void;
  close(): void;
}

/** Opens a log stream for appending, as its only writer. */
export function openLogStream(root: string, group: string, stream: string): LogWriter {
  mkdirSync(groupFolder(root, group), { recursive: true, mode: 0o700 });
  const path = logFile(root, group, stream);
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  return {
    write(message) {
      const line = Buffer.from(formatLine({ timestamp: Date.now(), message }));
      if (size + line.length > ROTATE_BYTES) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, 'a', 0o600);
        size = 0;
      }
      writeSync(file, line);
      size += line.length;
    },
    close: () => closeSync(file),
  };
}
