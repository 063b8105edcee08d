import { mkdirSync, writeFileSync } from 'node:fs';
import { openHome } from '../../local/home.ts';
import { formatLine, groupFolder, logFile } from '../../local/logs/layout.ts';

/** Has a component of a deployment have written these lines, at these times in milliseconds since 1970 or now. */
export function writeLog(
  folder: string,
  deploymentId: string,
  component: string,
  lines: readonly (string | readonly [timestamp: number, message: string])[],
): void {
  const [root, group] = [openHome(folder).logs, `/windsock/${deploymentId}`];
  mkdirSync(groupFolder(root, group), { recursive: true });
  const text = lines.map((line) => {
    const [timestamp, message] = typeof line === 'string' ? [Date.now(), line] : line;
    return formatLine({ timestamp, message });
  });
  writeFileSync(logFile(root, group, `${component}/${component}/test`), text.join(''));
}
