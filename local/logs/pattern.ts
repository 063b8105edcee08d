/**
 * Reads a filter pattern of terms, https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html:
 * `ERROR "task failed" -retry` means all of the first two and none of the third. Undefined for a pattern of another
 * kind (JSON, columns, regular expressions, `?` alternatives).
 */
export function readPattern(pattern: string): ((message: string) => boolean) | undefined {
  if (/^\s*[{[%?]/.test(pattern)) return undefined;
  const terms = [...pattern.matchAll(/(-?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(
    ([, minus, quoted, bare]) => ({
      excluded: minus === '-',
      text: quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '',
    }),
  );
  return (message) => terms.every(({ excluded, text }) => message.includes(text) !== excluded);
}
