/** Writes one line of JSON to the function's log. Secrets, bodies and tokens have no place in it. */
export function log(
  level: 'info' | 'error',
  message: string,
  details: Readonly<Record<string, unknown>>,
): void {
  const line = JSON.stringify({ level, message, ...details });
  if (level === 'error') console.error(line);
  else console.info(line);
}

/** An error as the log shows it: its stack, and those of its causes. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${explain(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
