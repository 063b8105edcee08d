import { type LogWriter, openLogStream } from '../logs/writer.ts';

/** The log group of a function, as Lambda names it. */
export function functionLogGroup(name: string): string {
  return `/aws/lambda/${name}`;
}

/** Writes functions' output to their log groups, stream `local`. */
export function createFunctionLogs(root: string) {
  const streams = new Map<string, LogWriter>();
  return {
    write(name: string, line: string): void {
      const stream = streams.get(name) ?? openLogStream(root, functionLogGroup(name), 'local');
      streams.set(name, stream);
      stream.write(line);
    },
    close(): void {
      for (const stream of streams.values()) stream.close();
      streams.clear();
    },
  };
}
