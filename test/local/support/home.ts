import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Home, openHome } from '../../../local/home.ts';
import { ensureTools, type Tools } from '../../../local/setup/tools.ts';
import { preparedFolder, shareInstallation } from '../../support/installation.ts';
import { PATIENCE } from '../../support/patience.ts';

/** A data folder of a test's own, empty but for the tools and images; `remove` it afterwards. */
export function temporaryHome(): { readonly home: Home; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'windsock-'));
  shareInstallation(root);
  return { home: openHome(root), remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** The tools, installed if they are not. */
export function tools(): Promise<Tools> {
  return ensureTools(openHome(preparedFolder), (work) => work());
}

/** Waits until a condition holds; throws `what` when it does not in that time and what patience adds. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
) {
  const patience = milliseconds * PATIENCE;
  const deadline = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
