import { appendFileSync } from 'node:fs';
import { openHome } from '../../local/home.ts';
import { formatLine, logFile } from '../../local/logs/layout.ts';
import type { Rehearsal } from './rehearsal.ts';

/** When the last of these lines was written: each is later than the ones before. */
let last = 0;

/**
 * Writes to the log of a container of a deployment's service what its supervisor writes when the container is over
 * its memory: a line for each of these titles of processes, a millisecond apart.
 */
export async function tellOutOfMemory(
  cloud: Rehearsal,
  deploymentId: string,
  component: string,
  service: string,
  titles: readonly string[],
): Promise<void> {
  const [taskArn] = (await cloud.tasks(deploymentId))[service] ?? [];
  const stream = `${component}/${component}/${taskArn?.split('/').at(-1)}`;
  const path = logFile(openHome(cloud.folder).logs, `/windsock/${deploymentId}`, stream);
  last = Math.max(last, Date.now() - titles.length);
  for (const title of titles) {
    last += 1;
    const message = `OutOfMemoryError: killed process 47 (${title}), which used 1720 MiB; all of this container's used 2105 of 2048 MiB`;
    appendFileSync(path, formatLine({ timestamp: last, message }));
  }
}
