export type Cell = string | number;

/** Prints a Markdown table under a title. */
export function printTable(
  title: string,
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  const line = (cells: readonly Cell[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'));
  console.log(`\n### ${title}\n`);
  for (const cells of [header, rule, ...rows]) console.log(line(cells));
}

/** Tells the person at the machine how far a benchmark is. */
export function say(line: string): void {
  console.error(line);
}
