/**
 * The levels that tools search for, as the CLI does with `--error`, `--warn` and `--info`, and what lines of them hold:
 * Airflow 3 writes `[error    ]` where other programs write `ERROR`.
 */
const levels = new Map([
  ['ERROR', ['ERROR', 'CRITICAL', 'FATAL', '[error', '[critical']],
  ['WARN', ['WARN', 'WARNING', '[warning']],
  ['INFO', ['INFO', '[info']],
]);

/** CloudWatch Logs takes no longer pattern. */
export const LONGEST_PATTERN = 1024;

/** CloudWatch Logs' filter pattern of the lines that hold this text, or are of the level that it is. */
export function patternOf(searchText: string): string {
  const texts = levels.get(searchText);
  return texts === undefined ? quoted(searchText) : texts.map((text) => `?${quoted(text)}`).join(' ');
}

const quoted = (text: string) => `"${text.replace(/(["\\])/g, '\\$1')}"`;
