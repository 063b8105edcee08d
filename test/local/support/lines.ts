import { readIfThere } from '../../../local/files.ts';

/** The lines of a file that is still being written, without a last one that is half there; none when there is no file. */
export function wholeLines(path: string): string[] {
  return (readIfThere(path) ?? '').split('\n').slice(0, -1);
}
