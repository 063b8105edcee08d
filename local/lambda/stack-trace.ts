import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';

/**
 * Lets the stack traces of this thread name the TypeScript that the file was bundled from, by the source map beside
 * it, which is read for each trace: Node's own support reads it at the start, and keeps 4 MB in every thread.
 */
export function nameSourcesInStackTraces(file: string): void {
  Error.prepareStackTrace = (error, frames) => {
    const map = frames.some((frame) => frame.getFileName() === file) ? readMap(file) : undefined;
    const lines = frames.map((frame) => `\n    at ${sourceOf(frame, file, map) ?? frame}`);
    return `${error}${lines.join('')}`;
  };
}

function readMap(file: string): SourceMap {
  return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
}

/** A frame as V8 writes it, with the place in the source; undefined when it is not of the bundle. */
function sourceOf(frame: NodeJS.CallSite, file: string, map: SourceMap | undefined): string | undefined {
  const [line, column] = [frame.getLineNumber(), frame.getColumnNumber()];
  if (map === undefined || frame.getFileName() !== file || line === null || column === null) return undefined;
  const origin = map.findOrigin(line, column);
  if (!('fileName' in origin)) return undefined;
  const place = `${resolve(dirname(file), origin.fileName)}:${origin.lineNumber}:${origin.columnNumber}`;
  return String(frame).replace(/[^ (]+:\d+:\d+/, place);
}
