/** The value below which this share (0 to 1) of the values lies. Throws when there is none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new Error('There is nothing to take a quantile of');
  return value;
}

/** Of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error('There is nothing to take a median of');
  return (lower + upper) / 2;
}

/** Least, median and greatest, as a table shows them. */
export function spread(values: readonly number[], digits = 1): string[] {
  return [Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(digits));
}
