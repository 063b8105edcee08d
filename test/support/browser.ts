import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { PATIENCE } from './patience.ts';

/** Starts the Chromium that is on the PATH, as Debian's package `chromium` puts it there. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: await findChromium(), timeout: 60_000 * PATIENCE });
}

/** A page with cookies of its own. What does not come on it within a minute, and what patience adds, is an error. */
export async function newPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(60_000 * PATIENCE);
  return page;
}

async function findChromium(): Promise<string> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => [
    join(folder, 'chromium'),
    join(folder, 'chromium-browser'),
  ]);
  for (const candidate of candidates) {
    const found = await access(candidate).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  throw new Error(
    'Chromium was not found on the PATH: install it, for example by `apt-get install chromium`',
  );
}
