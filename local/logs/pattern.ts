/**
 * Reads a filter pattern of terms, https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html:
 * `ERROR "task failed" -retry` means all of the first two and none of the third, `?ERROR ?"task failed"` at least one
 * of them. Undefined for a pattern of another kind (JSON, columns, regular expressions, alternatives beside terms).
 */
export function readPattern(pattern: string): ((message: string) => boolean) | undefined {
  if (/^\s*[{[%]/.test(pattern)) return undefined;
  const terms = [...pattern.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(
    ([, sign, quoted, bare]) => ({ sign, text: quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '' }),
  );
  const alternatives = terms.filter(({ sign }) => sign === '?');
  if (alternatives.length === 0) {
    return (message) => terms.every(({ sign, text }) => message.includes(text) !== (sign === '-'));
  }
  if (alternatives.length < terms.length) return undefined;
  return (message) => terms.some(({ text }) => message.includes(text));
}
